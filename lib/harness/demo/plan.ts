/** What the demo's planner writes: a small shell project in two waves of two tasks. */
export const DEMO_PLAN = `# Greet people from the command line

**Goal:** a \`hello\` command that greets by name and can shout
**Architecture:** two small shell libraries and one script that uses them
**Tech Stack:** POSIX sh
**Size:** Small

## Wave 1: libraries

### Task 1: greeting

**Files:**
- Create: \`lib/greet.sh\`

The greeting itself, as a function that other scripts source.

\`\`\`sh
# Prints a greeting for $1, or for the world.
greet() {
  printf 'Hello, %s!\\n' "\${1:-world}"
}
\`\`\`

### Task 2: shouting

**Files:**
- Create: \`lib/shout.sh\`

Turns what it reads into capitals.

\`\`\`sh
# Copies stdin to stdout in capitals.
shout() {
  tr '[:lower:]' '[:upper:]'
}
\`\`\`

## Wave 2: what people run

### Task 3: the command

**Files:**
- Create: \`bin/hello\`

Sources both libraries; \`--shout\` as first argument shouts.

\`\`\`sh
#!/bin/sh
here=$(dirname "$0")
. "$here/../lib/greet.sh"
. "$here/../lib/shout.sh"
if [ "\${1:-}" = --shout ]; then
  shift
  greet "$@" | shout
else
  greet "$@"
fi
\`\`\`

### Task 4: its test

**Files:**
- Create: \`tests/run.sh\`

Runs the command both ways and compares.

\`\`\`sh
#!/bin/sh
set -eu
cd "$(dirname "$0")/.."
[ "$(sh bin/hello Ada)" = "Hello, Ada!" ]
[ "$(sh bin/hello --shout Ada)" = "HELLO, ADA!" ]
echo "all greetings are right"
\`\`\`
`;

/** What a person asks for in the demo. */
export const DEMO_REQUEST = "Greet people from the command line, loudly if they want";
