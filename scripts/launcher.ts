/** Exit status of the launcher when it cannot do its part, as sysexits(3) has it for "cannot create". */
export const CANNOT_UNPACK = 73;

/**
 * For short starts. V8 keeps compiled code between them, but only of functions it has compiled at once,
 * and by itself it compiles most at their first call, again at each start. It also adds up its snapshot
 * each time, a part of the program like any other, and soon compiles machine code: in batches that are
 * so large here that only what runs for long gets to one, and optimized after more calls. A new heap of
 * 4 MB is not collected before a short command is over.
 */
export const V8_FLAGS = "--v8-flags=" + [
  "--no-lazy",
  "--no-verify-snapshot-checksum",
  "--baseline-batch-compilation-threshold=100000",
  "--invocation-count-for-maglev=2000",
  "--min-semi-space-size=4",
].join(",");

/**
 * The head of the self-extracting file: a POSIX shell script, then a gzip'd tar of `deno` and
 * `dist/`. The first start unpacks into a folder named by the content; every start replaces itself
 * by that runtime, so pid, signals and standard streams are the user's own.
 *
 * It unpacks beside its place and moves file by file, the program last: two first starts at once put
 * the same bytes into the same names, and one that is killed leaves nothing that looks complete.
 * @param id name of the runtime's folder; letters, digits, dots and dashes
 */
export function launcher(id: string): string {
  if (!/^[\w.-]+$/.test(id)) throw new Error(`Cannot use "${id}" as the name of a runtime`);
  // The length is part of the text: fixed digits make it known before it is written.
  const draft = headerText(id, "0000000");
  return headerText(id, String(draft.length + 1).padStart(7, "0"));
}

/** The part that unpacks where nothing is unpacked yet. */
function unpacking(offset: string): string {
  return String.raw`if [ ! -x "$run/deno" ] || [ ! -e "$run/dist/binary_main.js" ]; then
(
  umask 077
  new= status=${CANNOT_UNPACK}
  hint="Set KAS_UNPACK_DIR to a folder of yours that is writable and may hold programs"
  fail() {
    [ -z "$new" ] || rm -rf "$new"
    echo "error: Cannot unpack the runtime of kas into \"$root\": $1" >&2
    echo "hint: $hint" >&2
    exit $status
  }
  trap 'fail interrupted' HUP INT TERM
  for tool in find gzip mkdir mktemp mv rm rmdir tail tar; do
    command -v "$tool" >/dev/null || { hint="Install $tool" status=4; fail "$tool is not on the PATH"; }
  done
  [ -n "$KAS_UNPACK_DIR$HOME$XDG_CACHE_HOME" ] || fail "neither HOME nor KAS_UNPACK_DIR is set"
  mkdir -p "$run/dist" || fail "the folder cannot be made"
  new=$(mktemp -d "$root/.kas-new.XXXXXX") || fail "the folder is not writable"
  # What is written in large pieces lies in large pieces in memory, and starts sooner; not every tar can.
  large=
  ! tar -b 2048 --version >/dev/null 2>&1 || large="-b 2048"
  tail -c +${offset} "$self" | gzip -dc | tar $large -xf - -C "$new"
  [ -e "$new/complete" ] || fail "the disk is full or \"$self\" is damaged"
  "$new/deno" --version >/dev/null || fail "programs cannot be started there"
  # The deepest folders first: what is moved is files alone, since a folder replaces no folder.
  for folder in $(cd "$new" && find dist -depth -type d); do
    mkdir -p "$run/$folder" && mv -f "$new/$folder"/* "$run/$folder/" && rmdir "$new/$folder" ||
      fail "the files cannot be put in place"
  done
  mv -f "$new/deno" "$run/deno" || fail "the program cannot be put in place"
  rm -rf "$new"
  new=
  # Older runtimes go when nobody has used them for 30 days, and what killed unpacking left behind.
  # Another first start may be doing the same, so it is no failure when something is gone already.
  for old in "$root"/kas-*; do
    [ "$old" != "$run" ] && [ -e "$old/dist/binary_main.js" ] || continue
    [ -n "$(find "$old" "$old/cache" -prune -mtime -30 2>/dev/null)" ] || rm -rf "$old" 2>/dev/null
  done
  for old in "$root"/.kas-new.*; do
    [ -z "$(find "$old" -prune -mtime +1 2>/dev/null)" ] || rm -rf "$old" 2>/dev/null
  done
  :
) || exit $?
fi
`;
}

function headerText(id: string, offset: string): string {
  return String.raw`#!/bin/sh
# kas: this script, then an archive. Set KAS_UNPACK_DIR to choose where the archive is unpacked.
case $0 in /*) self=$0 ;; */*) self=$PWD/$0 ;; *) self=$(command -v -- "$0") ;; esac
case $self in /*) ;; *) self=$PWD/$self ;; esac
cache=$XDG_CACHE_HOME
case $cache in /*) ;; *) cache=$HOME/.cache ;; esac
root=$KAS_UNPACK_DIR
case $root in
/*) ;;
"") root=$cache/kas/runtime ;;
*) root=$PWD/$root ;;
esac
run=$root/${id}
${unpacking(offset)}[ -z "$DENO_DIR" ] || export KAS_DENO_DIR="$DENO_DIR"
export KAS_LAUNCHER="$self" DENO_DIR="$run/cache" DENO_NO_UPDATE_CHECK=1 DENO_NO_PACKAGE_JSON=1
exec "$run/deno" run -q -A ${V8_FLAGS} --no-config --no-lock --no-remote --no-npm --no-prompt "$run/dist/binary_main.js" "$@"
`;
}
