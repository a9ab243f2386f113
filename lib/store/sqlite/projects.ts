import { KasError } from "../../errors.ts";
import { quote, slugify } from "../../names.ts";
import type { Project } from "../types.ts";
import { type Db, Where } from "./db.ts";
import { toProject } from "./rows.ts";

/** See `Store.ensureProject`. A path that is known wins over its root commit: history may be rewritten. */
export function ensureProject(
  db: Db,
  now: number,
  repo: { root: string; rootCommit: string },
): Project {
  const known = projectWhere(db, "root", repo.root);
  if (known !== null && known.rootCommit === repo.rootCommit) return known;
  return db.write(() => {
    const existing = projectWhere(db, "root", repo.root) ?? moved(db, repo.rootCommit);
    if (existing !== null) {
      db.run(
        "UPDATE project SET root = ?, root_commit = ? WHERE id = ?",
        repo.root,
        repo.rootCommit,
        existing.id,
      );
      return { ...existing, ...repo };
    }
    const { id } = db.run(
      "INSERT INTO project (key, root, root_commit, created_at) VALUES (?, ?, ?, ?)",
      freeKey(db, repo.root),
      repo.root,
      repo.rootCommit,
      now,
    );
    return projectById(db, id);
  });
}

/** The newest project with this root commit whose folder is gone. A clone beside it stays its own project. */
function moved(db: Db, rootCommit: string): Project | null {
  if (rootCommit === "") return null;
  return db.all("SELECT * FROM project WHERE root_commit = ? ORDER BY id DESC", rootCommit)
    .map(toProject).find((project) => isGone(project.root)) ?? null;
}

function isGone(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return true;
    }
    // A folder that may not be looked at is there.
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}

function freeKey(db: Db, root: string): string {
  const folder = root.split(/[/\\]/).findLast((part) => part !== "") ?? "";
  // Room for a suffix; ".lock" at the end is no legal name.
  const slug = slugify(folder).slice(0, 72).replace(/[-._]+$/, "").replace(/\.lock$/, "-lock");
  const base = slug === "" ? "project" : slug;
  for (let n = 1;; n++) {
    const key = n === 1 ? base : `${base}-${n}`;
    if (projectWhere(db, "key", key) === null) return key;
  }
}

function projectWhere(db: Db, column: "id" | "key" | "root", value: string | number) {
  const row = db.get(`SELECT * FROM project WHERE ${column} = ?`, value);
  return row === null ? null : toProject(row);
}

/** The project with this id, or null. */
export function findProject(db: Db, id: number): Project | null {
  return projectWhere(db, "id", id);
}

/** The project with this key, or null. */
export function findProjectByKey(db: Db, key: string): Project | null {
  return projectWhere(db, "key", key);
}

/** @throws KasError "not_found" */
export function projectById(db: Db, id: number): Project {
  const project = projectWhere(db, "id", id);
  if (project !== null) return project;
  throw new KasError("not_found", `Cannot find project ${quote(String(id))} in the store`, {
    hint: 'List projects with "kas daemon status"',
    context: { projectId: id },
  });
}

/** Sorted by key. */
export function listProjects(db: Db, filter: { registered?: boolean }): Project[] {
  const registered = filter.registered === undefined ? undefined : filter.registered ? 1 : 0;
  const where = new Where().and("registered = ?", registered);
  return db.all(`SELECT * FROM project${where} ORDER BY key`, ...where.values).map(toProject);
}

/** @throws KasError "not_found" */
export function setRegistered(db: Db, id: number, registered: boolean): void {
  db.write(() => {
    projectById(db, id);
    db.run("UPDATE project SET registered = ? WHERE id = ?", registered ? 1 : 0, id);
  });
}
