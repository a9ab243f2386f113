#!/bin/sh
# Installs kas for one user: finds the newest release for this machine, checks its SHA-256 and puts
# the program into ~/.local/bin. Needs no root. Everything is in functions that the very last line
# starts, so that half a download does nothing.
set -eu

# Written by the release; KASMOS_RELEASES_URL takes its place.
releases_url='@releases-url@'
new=

usage() {
  cat <<'END'
Installs kas, a program that runs a team of AI coding agents on a git repository.

Usage: install.sh [--version <version>] [--dir <folder>] [--uninstall]

  --version <version>  this release instead of the newest one
  --dir <folder>       where the program goes (default: ~/.local/bin)
  --uninstall          stop the daemon and remove the program; settings and tasks stay
  --help               this text

Environment:
  KASMOS_RELEASES_URL  address of the releases page to install from
END
}

# fail <status> <message> [hint]
fail() {
  echo "error: $2" >&2
  [ -z "${3-}" ] || echo "hint: $3" >&2
  exit "$1"
}

has() {
  command -v "$1" >/dev/null 2>&1
}

clean_up() {
  [ -z "$new" ] || rm -rf "$new"
}

# Prints the platform as releases name it.
platform() {
  system=$(uname -s)
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
  esac
  case $system in
    Linux) system=linux ;;
    Darwin)
      system=macos
      # A translated shell says it is an Intel one.
      [ "$(sysctl -n hw.optional.arm64 2>/dev/null || :)" != 1 ] || machine=arm64
      ;;
  esac
  case $system-$machine in
    linux-x64 | linux-arm64 | macos-x64 | macos-arm64) echo "$system-$machine" ;;
    *)
      fail 4 "Cannot install kas on $system ($machine): there is no release for it" \
        "Releases are for Linux and macOS on x64 and arm64; Windows has a zip archive"
      ;;
  esac
}

# fetch <url> <file>
fetch() {
  if has curl; then
    set -- "$1" "$2" --fail --location --retry 2 --connect-timeout 20
    # Never from https to something that is not.
    case $1 in https:*) set -- "$@" --proto =https ;; esac
    if [ -t 2 ]; then set -- "$@" --progress-bar; else set -- "$@" --silent --show-error; fi
    address=$1 output=$2
    shift 2
    curl "$@" --output "$output" -- "$address"
  elif has wget; then
    wget -q -O "$2" "$1"
  else
    fail 4 "Cannot download kas: neither curl nor wget is installed" "Install one of them"
  fi
}

# Prints the SHA-256 of a file.
sha256() {
  if has sha256sum; then
    sha256sum <"$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 <"$1" | cut -d ' ' -f 1
  elif has openssl; then
    openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1
  else
    fail 4 "Cannot check the download: sha256sum, shasum and openssl are all missing" \
      "Install one of them"
  fi
}

# Fails unless the path is free, or kas.
check_place() {
  [ -e "$1" ] || [ -L "$1" ] || return 0
  [ ! -d "$1" ] || fail 3 "Cannot use \"$1\": it is a folder"
  # Quoted: a program that says something else is somebody else's.
  case $("$1" --version 2>/dev/null </dev/null || :) in
    "kas "[0-9]*) ;;
    *) fail 3 "Cannot touch \"$1\": it is not kas" "Move it away, or choose another folder with --dir" ;;
  esac
}

# Sets line, file and version from the checksums of a release.
choose() {
  if [ "$2" = latest ]; then wanted='[0-9A-Za-z.-]*'; else wanted=$(echo "$2" | sed 's/\./\\./g'); fi
  line=$(sed -n "/^[0-9a-f]\{64\}  kas-$wanted-$3\.tar\.gz\$/p" "$1" | head -n 1)
  file=${line#*  }
  version=${file#kas-}
  version=${version%-"$3".tar.gz}
}

# Downloads and checks the release; the program is then at $program.
get() {
  if [ "$1" = latest ]; then from=$releases/latest/download; else from=$releases/download/v$1; fi
  fetch "$from/checksums.txt" "$new/checksums.txt" ||
    fail 1 "Cannot download \"$from/checksums.txt\"" "Check the network, and that this release exists"
  choose "$new/checksums.txt" "$1" "$2"
  [ -n "$line" ] || fail 1 "Cannot find kas for $2 in \"$from/checksums.txt\"" \
    "Choose another release with --version"
  if [ "$("$dir/kas" --version 2>/dev/null </dev/null || :)" = "kas $version" ]; then
    echo "kas $version is already in $dir"
    return 1
  fi
  echo "Downloading kas $version for $2"
  url=$releases/download/v$version/$file
  fetch "$url" "$new/$file" || fail 1 "Cannot download \"$url\"" "Try again"
  sum=$(sha256 "$new/$file") || exit $?
  [ "$sum" = "${line%% *}" ] || fail 1 \
    "Cannot install kas: \"$file\" is damaged or not what was released (its SHA-256 is $sum)" \
    "Nothing was changed; try again, and report it when it stays"
  inside=kas-$version-$2/kas
  gzip -dc "$new/$file" | tar -xf - -C "$new" "$inside" ||
    fail 1 "Cannot unpack \"$file\"" "Is the disk full?"
  program=$new/$inside
  if [ ! -f "$program" ] || [ -L "$program" ]; then
    fail 1 "Cannot install kas: \"$inside\" is no file"
  fi
  chmod 755 "$program"
  said=$("$program" --version </dev/null) || fail 4 "Cannot run kas on this machine" \
    "On Linux it needs glibc, which Alpine has not, and $dir must be allowed to hold programs"
  [ "$said" = "kas $version" ] || fail 1 "Cannot install kas: it says it is \"$said\""
}

# Says what is still to do.
advise() {
  case :$PATH: in
    *:"$dir":*)
      found=$(command -v kas || :)
      [ "$found" = "$dir/kas" ] || echo "Another kas comes first on your PATH: $found"
      ;;
    *)
      echo "$dir is not on your PATH. Add this line to the start-up file of your shell:"
      echo "  export PATH=\"$dir:\$PATH\""
      ;;
  esac
  for needed in git tmux; do
    has "$needed" || echo "kas needs $needed, which is not installed"
  done
}

install_kas() {
  [ -n "$releases" ] || fail 2 "Cannot find releases: this copy of install.sh is not from one" \
    "Set KASMOS_RELEASES_URL to the address of a releases page"
  here=$(platform)
  mkdir -p "$dir" 2>/dev/null || fail 1 "Cannot make the folder \"$dir\"" \
    "Choose one of yours with --dir"
  dir=$(cd "$dir" && pwd)
  check_place "$dir/kas"
  # In the same folder, so that the last step is a rename and nobody ever sees half a program.
  new=$(mktemp -d "$dir/.kas-install.XXXXXX" 2>/dev/null) ||
    fail 1 "Cannot write to the folder \"$dir\"" "Choose one of yours with --dir"
  if get "$1" "$here"; then
    mv -f "$program" "$dir/kas" || fail 1 "Cannot write \"$dir/kas\""
    echo "Installed kas $version in $dir"
  fi
  advise
}

uninstall_kas() {
  if [ ! -e "$dir/kas" ] && [ ! -L "$dir/kas" ]; then
    echo "kas is not in $dir"
    return
  fi
  check_place "$dir/kas"
  "$dir/kas" daemon stop </dev/null || echo "warning: The daemon of kas could not be stopped" >&2
  rm -f "$dir/kas" || fail 1 "Cannot remove \"$dir/kas\""
  echo "Removed kas from $dir. Settings and tasks stay in ~/.config/kasmos"
}

main() {
  want=latest
  dir=
  deed=install_kas
  while [ $# -gt 0 ]; do
    case $1 in
      --version=* | --dir=*)
        option=${1%%=*} value=${1#*=}
        shift
        set -- "$option" "$value" "$@"
        continue
        ;;
      --version | --dir)
        [ -n "${2-}" ] || fail 2 "Cannot read the arguments: $1 needs a value" "See --help"
        if [ "$1" = --dir ]; then dir=$2; else want=${2#v}; fi
        shift
        ;;
      --uninstall) deed=uninstall_kas ;;
      --help | -h)
        usage
        return
        ;;
      *) fail 2 "Cannot read the arguments: \"$1\" is unknown" "See --help" ;;
    esac
    shift
  done
  case $want in
    *[!0-9A-Za-z.-]* | "") fail 2 "Cannot use \"$want\" as a version" "Give it as in 1.2.3" ;;
  esac
  if [ -z "$dir" ]; then
    [ -n "${HOME-}" ] || fail 2 "Cannot choose a folder: HOME is not set" "Give one with --dir"
    dir=$HOME/.local/bin
  fi
  case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
  releases=${KASMOS_RELEASES_URL:-$releases_url}
  case $releases in @*) releases= ;; esac
  releases=${releases%/}
  # The checksums come from there too: nobody on the way may write them.
  case $releases in
    "" | https://*) ;;
    http://*@*) fail 3 "Cannot take releases from \"$releases\"" "Leave out the name before the @" ;;
    http://localhost[:/]* | http://127.0.0.1[:/]*) ;;
    *) fail 3 "Cannot take releases from \"$releases\"" "Give an address that begins with https://" ;;
  esac
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  "$deed" "$want"
}

{ main "$@"; }
