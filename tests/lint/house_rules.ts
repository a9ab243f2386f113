/**
 * The rules of this house that a machine can check; docs/architecture.md has the reasons. Loaded by
 * `deno lint`.
 * @module
 */

const ROOT = new URL("../../", import.meta.url).pathname;

/**
 * Rooms of the house from the ground up. A module may use its own room and every shelf below;
 * rooms on one shelf do not know each other, except where `together` says so.
 */
const SHELVES: readonly { readonly rooms: readonly string[]; readonly together?: true }[] = [
  { rooms: ["base"] },
  { rooms: ["task", "signal", "cli", "toml", "files"] },
  { rooms: ["store", "git", "session"] },
  { rooms: ["lifecycle", "agent", "skill"] },
  { rooms: ["harness", "secret"] },
  { rooms: ["config", "prompt"] },
  { rooms: ["launch"] },
  { rooms: ["engine"] },
  { rooms: ["linear"] },
  { rooms: ["api", "daemon", "mcp"], together: true },
  {
    rooms: ["demo", "doctor", "setup", "service", "completion", "topic", "upkeep"],
    together: true,
  },
  { rooms: ["commands"] },
  { rooms: ["main"] },
];

/** Rooms that compute and touch nothing. */
const PURE: readonly string[] = ["task", "signal", "lifecycle", "prompt"];
/** Modules at the foot of lib/ that are pure too. */
const PURE_BASE: readonly string[] = ["errors.ts", "names.ts", "suggest.ts", "version.ts"];

/** `node:` modules and the only places that may use them; each costs start-up time. */
const NODE_MODULES: readonly [module: RegExp, where: RegExp][] = [
  [/^node:sqlite$/, /^lib\/store\/sqlite\//],
  [
    /^node:assert(\/strict)?$/,
    /_test\.ts$|^tests\/|^lib\/store\/contract|\/(_\w*testing|_\w*fixture|test_\w+)\.ts$/,
  ],
];

/** What checks and measures; it may print, and start shells to set a scene. */
const AROUND = /_test\.ts$|\/(_\w*testing|_\w*fixture|test_\w+)\.ts$|\/testdata\/|^(tests|bench)\//;

const FUNCTION_LINES = 60;
/** A component is mostly markup, which is read at a glance. */
const COMPONENT_LINES = 100;

function inProject(filename: string): string {
  return filename.startsWith(ROOT) ? filename.slice(ROOT.length) : filename.replace(/^\//, "");
}

/** The room of a file; null for what stands around the house. */
function roomOf(file: string): string | null {
  const [first = "", second = "", third] = file.split("/");
  if (first === "lib") return third === undefined ? "base" : second;
  if (first === "commands") return "commands";
  return file === "main.ts" ? "main" : null;
}

function targetOf(file: string, specifier: string): string | null {
  if (!/^\.\.?\//.test(specifier)) return null;
  return new URL(specifier, `file:///${file}`).pathname.slice(1);
}

/** Why a room may not use another one; null when it may. */
function refusal(from: string, to: string): string | null {
  if (from === to) return null;
  const shelf = SHELVES.findIndex(({ rooms }) => rooms.includes(from));
  const other = SHELVES.findIndex(({ rooms }) => rooms.includes(to));
  if (shelf < 0 || other < 0) return `"${shelf < 0 ? from : to}" is no room of the house`;
  if (other < shelf || (other === shelf && SHELVES[shelf]?.together === true)) return null;
  return `"${from}" stands ${other === shelf ? "beside" : "below"} "${to}"`;
}

type ImportLike =
  | Deno.lint.ImportDeclaration
  | Deno.lint.ExportNamedDeclaration
  | Deno.lint.ExportAllDeclaration
  | Deno.lint.ImportExpression;

function specifierOf(node: ImportLike): string | null {
  const { source } = node;
  return source?.type === "Literal" && typeof source.value === "string" ? source.value : null;
}

/** Whether nothing is left of it at run time. */
function isTypeOnly(node: ImportLike): boolean {
  switch (node.type) {
    case "ImportDeclaration":
      return node.importKind === "type" ||
        (node.specifiers.length > 0 &&
          node.specifiers.every((s) => s.type === "ImportSpecifier" && s.importKind === "type"));
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return node.exportKind === "type";
    case "ImportExpression":
      return false;
  }
}

/** Calls `check` for everything a module imports or exports from another one. */
function eachImport(check: (node: ImportLike, specifier: string) => void): Deno.lint.LintVisitor {
  const visit = (node: ImportLike): void => {
    const specifier = specifierOf(node);
    if (specifier !== null) check(node, specifier);
  };
  return {
    ImportDeclaration: visit,
    ExportNamedDeclaration: visit,
    ExportAllDeclaration: visit,
    ImportExpression: visit,
  };
}

const nodeModules: Deno.lint.Rule = {
  create(context) {
    const file = inProject(context.filename);
    return eachImport((node, specifier) => {
      if (!specifier.startsWith("node:") || isTypeOnly(node)) return;
      if (NODE_MODULES.some(([name, where]) => name.test(specifier) && where.test(file))) return;
      context.report({
        node,
        message: `"${specifier}" costs start-up time`,
        hint: "Use Deno.* or a web API",
      });
    });
  },
};

const roomOrder: Deno.lint.Rule = {
  create(context) {
    const file = inProject(context.filename);
    const room = roomOf(file);
    if (room === null || AROUND.test(file)) return {};
    return eachImport((node, specifier) => {
      const target = targetOf(file, specifier);
      const other = target === null ? null : roomOf(target);
      // texts that are built in, such as the pages of docs/
      if (target !== null && !/\.tsx?$/.test(target)) return;
      if (target !== null && other === null) {
        context.report({ node, message: `The program must not import "${target}"` });
      } else if (other !== null) {
        const why = refusal(room, other);
        if (why !== null) context.report({ node, message: `Import against the order: ${why}` });
      }
    });
  },
};

const pureRooms: Deno.lint.Rule = {
  create(context) {
    const file = inProject(context.filename);
    const room = roomOf(file);
    const isPure = (room !== null && PURE.includes(room)) ||
      PURE_BASE.some((name) => file === `lib/${name}`);
    if (!isPure || AROUND.test(file)) return {};
    return {
      ...eachImport((node, specifier) => {
        const target = targetOf(file, specifier);
        if (target === null || isTypeOnly(node)) return;
        const pure = PURE.includes(roomOf(target) ?? "") ||
          PURE_BASE.some((name) => target === `lib/${name}`);
        if (!pure) {
          context.report({ node, message: `A pure room may take only types of "${target}"` });
        }
      }),
      'MemberExpression[object.name="Deno"]'(node: Deno.lint.MemberExpression): void {
        context.report({ node, message: "A pure room touches nothing: no Deno.*" });
      },
    };
  },
};

const noEmptyCatch: Deno.lint.Rule = {
  create(context) {
    const message = "An error is swallowed";
    const hint = "Test for the very error that is expected, and throw the others on";
    return {
      CatchClause(node): void {
        if (node.body.body.length === 0) context.report({ node, message, hint });
      },
      'CallExpression[callee.property.name="catch"]'(node: Deno.lint.CallExpression): void {
        const handler = node.arguments[0];
        const isEmpty = (handler?.type === "ArrowFunctionExpression" ||
          handler?.type === "FunctionExpression") &&
          handler.body?.type === "BlockStatement" && handler.body.body.length === 0;
        if (isEmpty) context.report({ node, message, hint });
      },
    };
  },
};

const noShell: Deno.lint.Rule = {
  create(context) {
    if (AROUND.test(inProject(context.filename))) return {};
    const report = (node: Deno.lint.Node): void =>
      context.report({
        node,
        message: "A shell reads what it is given as a program",
        hint: "Start the program itself, with a list of arguments",
      });
    return {
      NewExpression(node): void {
        const { callee } = node;
        const isCommand = callee.type === "MemberExpression" &&
          callee.property.type === "Identifier" && callee.property.name === "Command";
        if (isCommand && isShell(node.arguments[0])) report(node);
      },
      ArrayExpression(node): void {
        const [program, option, text] = node.elements;
        const isProgram = isShell(program) && option?.type === "Literal" && option.value === "-c";
        // A text that never varies is fine: what varies follows it as positional arguments.
        const isFixed = text?.type === "Identifier" && /^[A-Z_]+$/.test(text.name);
        if (isProgram && !isFixed) report(node);
      },
    };
  },
};

function isShell(node: Deno.lint.Node | null | undefined): boolean {
  return node?.type === "Literal" && typeof node.value === "string" &&
    /^(.*\/)?(ba|da|k|z|fi)?sh$/.test(node.value);
}

const noConsole: Deno.lint.Rule = {
  create(context) {
    const file = inProject(context.filename);
    if (AROUND.test(file) || /^(scripts|web)\//.test(file)) return {};
    return {
      'MemberExpression[object.name="console"]'(node: Deno.lint.MemberExpression): void {
        context.report({
          node,
          message: "console.* writes past the CLI frame",
          hint: "Return the text, or print through lib/cli",
        });
      },
    };
  },
};

type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

/** Counts a function's own lines: those of functions inside it are theirs. */
const functionSize: Deno.lint.Rule = {
  create(context) {
    const file = inProject(context.filename);
    if (AROUND.test(file)) return {};
    const limit = file.endsWith(".tsx") ? COMPONENT_LINES : FUNCTION_LINES;
    const inner: number[] = [];
    const enter = (): void => {
      inner.push(0);
    };
    const leave = (node: FunctionNode): void => {
      const lines = context.sourceCode.getText(node).split("\n").length;
      const own = lines - (inner.pop() ?? 0);
      const outer = inner.length - 1;
      // A function on one line takes nothing away from the one around it.
      if (outer >= 0) inner[outer] = (inner[outer] ?? 0) + lines - 1;
      if (own <= limit) return;
      context.report({
        node,
        message: `A function of ${own} lines; at most ${limit} can be taken in at once`,
      });
    };
    return {
      FunctionDeclaration: enter,
      FunctionExpression: enter,
      ArrowFunctionExpression: enter,
      "FunctionDeclaration:exit": leave,
      "FunctionExpression:exit": leave,
      "ArrowFunctionExpression:exit": leave,
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "node-modules": nodeModules,
    "room-order": roomOrder,
    "pure-rooms": pureRooms,
    "no-empty-catch": noEmptyCatch,
    "no-shell": noShell,
    "no-console": noConsole,
    "function-size": functionSize,
  },
};

export default plugin;
