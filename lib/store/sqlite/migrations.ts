/** Marks a database file as one of kas: "kas1" in ASCII (see PRAGMA application_id). */
export const APPLICATION_ID = 0x6b617331;

const INITIAL = `
CREATE TABLE project (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  root TEXT NOT NULL UNIQUE,
  root_commit TEXT NOT NULL,
  registered INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX project_root_commit ON project (root_commit);

CREATE TABLE topic (
  project_id INTEGER NOT NULL REFERENCES project (id),
  name TEXT NOT NULL,
  PRIMARY KEY (project_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES project (id),
  name TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'ready',
  phase TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  description TEXT NOT NULL,
  goal TEXT NOT NULL,
  topic TEXT,
  branch TEXT NOT NULL,
  base_branch TEXT NOT NULL,
  base_commit TEXT,
  content_version INTEGER NOT NULL DEFAULT 0,
  review_cycle INTEGER NOT NULL DEFAULT 0,
  wave INTEGER NOT NULL DEFAULT 0,
  feedback TEXT NOT NULL DEFAULT '',
  planning_at INTEGER,
  implementing_at INTEGER,
  reviewing_at INTEGER,
  verifying_at INTEGER,
  done_at INTEGER,
  verified_sha TEXT,
  verified_base_sha TEXT,
  verified_at INTEGER,
  verified_by TEXT,
  stale_reason TEXT,
  merged_sha TEXT,
  merged_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (project_id, name),
  FOREIGN KEY (project_id, topic) REFERENCES topic (project_id, name)
) STRICT;
CREATE INDEX task_status ON task (project_id, status, name);
CREATE INDEX task_planned ON task (project_id) WHERE status = 'ready' AND phase = 'planned';
CREATE INDEX task_topic ON task (project_id, topic, status) WHERE topic IS NOT NULL;

-- The plan text has a table of its own: no change of a task can touch it by accident.
CREATE TABLE content (
  task_id INTEGER PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE subtask (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id INTEGER NOT NULL REFERENCES task (id) ON DELETE CASCADE,
  wave INTEGER NOT NULL,
  number INTEGER NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  files TEXT NOT NULL CHECK (json_valid(files)),
  status TEXT NOT NULL DEFAULT 'pending',
  attempt INTEGER NOT NULL DEFAULT 1,
  assignment TEXT NOT NULL DEFAULT 'build',
  base_commit TEXT,
  "commit" TEXT,
  note TEXT NOT NULL DEFAULT '',
  started_at INTEGER,
  reported_at INTEGER,
  ended_at INTEGER,
  UNIQUE (task_id, wave, number)
) STRICT;

CREATE TABLE session (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  project_id INTEGER NOT NULL REFERENCES project (id),
  task_id INTEGER REFERENCES task (id) ON DELETE SET NULL,
  title TEXT NOT NULL,
  role TEXT NOT NULL,
  wave INTEGER,
  subtask INTEGER,
  round INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  peers INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'starting',
  activity TEXT NOT NULL DEFAULT 'starting',
  evidence TEXT NOT NULL DEFAULT '',
  harness TEXT NOT NULL,
  program TEXT NOT NULL,
  model TEXT,
  branch TEXT,
  cwd TEXT NOT NULL,
  pid INTEGER,
  exit_reason TEXT,
  exit_code INTEGER,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  last_activity_at INTEGER
) STRICT;
CREATE INDEX session_project ON session (project_id, status);
CREATE INDEX session_status ON session (status);
CREATE INDEX session_task ON session (task_id, status);

CREATE TABLE worktree (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES project (id),
  task_id INTEGER REFERENCES task (id) ON DELETE SET NULL,
  slot TEXT NOT NULL,
  path TEXT NOT NULL,
  branch TEXT NOT NULL,
  owns_branch INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'creating',
  created_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX worktree_slot ON worktree (task_id, slot) WHERE status <> 'removed';
CREATE INDEX worktree_task ON worktree (task_id, status);
CREATE INDEX worktree_project ON worktree (project_id, status);

CREATE TABLE decision (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL,
  project_id INTEGER NOT NULL REFERENCES project (id),
  task_id INTEGER REFERENCES task (id) ON DELETE CASCADE,
  session_id INTEGER REFERENCES session (id),
  kind TEXT NOT NULL,
  question TEXT NOT NULL,
  detail TEXT NOT NULL,
  options TEXT NOT NULL CHECK (json_valid(options)),
  status TEXT NOT NULL DEFAULT 'open',
  answer TEXT,
  feedback TEXT NOT NULL DEFAULT '',
  answered_by TEXT,
  created_at INTEGER NOT NULL,
  closed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX decision_open_key ON decision (key) WHERE status = 'open';
CREATE INDEX decision_project ON decision (project_id, status);
CREATE INDEX decision_status ON decision (status);
CREATE INDEX decision_task ON decision (task_id, status);

CREATE TABLE job (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  project_id INTEGER NOT NULL REFERENCES project (id),
  task_id INTEGER REFERENCES task (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  status TEXT NOT NULL DEFAULT 'pending',
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  result TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX job_due ON job (status, next_at, id) WHERE status = 'pending';
CREATE INDEX job_task ON job (task_id);

CREATE TABLE signal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES project (id),
  task_name TEXT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  status TEXT NOT NULL DEFAULT 'pending',
  dedupe_key TEXT,
  source TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  claimed_by TEXT,
  claimed_at INTEGER,
  created_at INTEGER NOT NULL,
  processed_at INTEGER,
  result TEXT NOT NULL DEFAULT ''
) STRICT;
-- status leads although it is constant here: the planner then searches instead of scanning.
CREATE INDEX signal_pending ON signal (status, created_at, id) WHERE status = 'pending';
CREATE INDEX signal_pending_project ON signal (project_id, created_at, id) WHERE status = 'pending';
CREATE INDEX signal_project ON signal (project_id);
CREATE INDEX signal_status ON signal (status, project_id);
CREATE INDEX signal_task ON signal (project_id, task_name);
CREATE UNIQUE INDEX signal_dedupe ON signal (project_id, dedupe_key) WHERE dedupe_key IS NOT NULL;

-- Ids and labels are copied in and reference nothing: history outlives what it tells of.
CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  project_id INTEGER,
  project TEXT,
  task_id INTEGER,
  task TEXT,
  session_id INTEGER,
  instance TEXT,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  message TEXT NOT NULL,
  detail TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;
CREATE INDEX event_at ON event (at);
CREATE INDEX event_project ON event (project_id);
CREATE INDEX event_kind ON event (kind, project_id);
CREATE INDEX event_task ON event (task, project_id) WHERE task IS NOT NULL;
CREATE INDEX event_instance ON event (instance, project_id) WHERE instance IS NOT NULL;
CREATE VIRTUAL TABLE event_text USING fts5 (
  message, kind, detail, content = 'event', content_rowid = 'id'
);
CREATE TRIGGER event_index AFTER INSERT ON event BEGIN
  INSERT INTO event_text (rowid, message, kind, detail)
  VALUES (new.id, new.message, new.kind, new.detail);
END;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN
  SELECT RAISE (ABORT, 'events are append-only');
END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN
  SELECT RAISE (ABORT, 'events are append-only');
END;
`;

const TOKENS = `
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN timeout_minutes INTEGER;

-- The tokens of agents outlive their task: the log names them.
CREATE TABLE token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  scope TEXT NOT NULL,
  project_id INTEGER REFERENCES project (id),
  task_id INTEGER REFERENCES task (id) ON DELETE SET NULL,
  session_id INTEGER REFERENCES session (id),
  agent_grant TEXT CHECK (agent_grant IS NULL OR json_valid(agent_grant)),
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER
) STRICT;
CREATE INDEX token_session ON token (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX token_task ON token (task_id) WHERE task_id IS NOT NULL;
`;

const PULL_REQUESTS = `
CREATE TABLE task_link (
  task_id INTEGER NOT NULL REFERENCES task (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (task_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE pull_request (
  task_id INTEGER PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
  url TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT '',
  checks TEXT NOT NULL DEFAULT '',
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE pr_review (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id INTEGER NOT NULL REFERENCES task (id) ON DELETE CASCADE,
  review_id TEXT NOT NULL,
  author TEXT NOT NULL,
  state TEXT NOT NULL,
  body TEXT NOT NULL,
  submitted_at INTEGER,
  reacted_at INTEGER,
  fixer_dispatched_at INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE (task_id, review_id)
) STRICT;

CREATE INDEX task_updated ON task (project_id, updated_at, id);
CREATE INDEX task_created ON task (project_id, created_at, id);
CREATE INDEX task_status_count ON task (project_id, status);
`;

const LINEAR_TRIGGERS = `
-- What somebody wanted by a comment or a label of Linear. The key holds for ever: what was delivered
-- once is done once.
CREATE TABLE linear_trigger (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES project (id),
  issue_id TEXT NOT NULL,
  issue TEXT NOT NULL,
  command TEXT NOT NULL,
  source TEXT NOT NULL,
  delivery TEXT NOT NULL,
  actor TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'received',
  attempt INTEGER NOT NULL DEFAULT 1,
  task TEXT,
  result TEXT NOT NULL DEFAULT '',
  claimed_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  UNIQUE (project_id, issue_id, command, source)
) STRICT;
`;

/** Schema steps: the one at index n takes a database from version n to n + 1. Append only. */
export const MIGRATIONS: readonly string[] = [
  INITIAL,
  TOKENS,
  PULL_REQUESTS,
  LINEAR_TRIGGERS,
];
