#!/bin/sh
# Installs the Debian packages that a make target needs and does not find. `install-packages.sh build test`: the sets below.
# Lists what is missing first; does nothing (and asks for no password) when nothing is. Needs only a POSIX shell and apt.
set -eu

build="g++ cmake ninja-build ccache mold pkg-config python3 git
  libboost1.81-dev libboost-json1.81-dev libssl-dev libsqlite3-dev libarchive-dev zlib1g-dev libpcre2-dev libcli11-dev
  libfmt-dev libspdlog-dev libexpected-dev libpugixml-dev doctest-dev librapidcheck-dev"
app="g++ cmake ninja-build pkg-config libboost1.81-dev libfmt-dev libexpected-dev doctest-dev"
run="haproxy bubblewrap iproute2 librsvg2-bin fonts-dejavu-core"
demo="wrk hey curl procps"
test="python3-venv ca-certificates openssl sqlite3 curl procps wrk skopeo buildah podman containernetworking-plugins docker.io iproute2 mmdebstrap"
bench="python3-venv ca-certificates wrk hey nghttp2-client curl procps skopeo docker-registry docker.io iproute2"
dev="inotify-tools"
format="clang-format"
tidy="clang-tidy"

wanted=""
for set in "$@"; do
  case "$set" in
    build) wanted="$wanted $build" ;;
    app) wanted="$wanted $app" ;;
    run) wanted="$wanted $run" ;;
    demo) wanted="$wanted $demo" ;;
    test) wanted="$wanted $test" ;;
    bench) wanted="$wanted $bench" ;;
    dev) wanted="$wanted $dev" ;;
    format) wanted="$wanted $format" ;;
    tidy) wanted="$wanted $tidy" ;;
    *) echo "install-packages.sh: no package set '$set' (build app run demo test bench dev format tidy)" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
  missing=""
  for tool in g++ cmake ninja python3; do
    command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
  done
  if [ -n "$missing" ]; then
    echo "This is no Debian system, so nothing can be installed for you. Not found:$missing" >&2
    echo "Install the equivalents of these Debian 12 packages, then run make again:" >&2
    echo "$wanted" | tr -s ' \n' '\n' | sort -u >&2
    exit 1
  fi
  exit 0
fi

missing=""
for package in $(echo "$wanted" | tr -s ' \n' '\n' | sort -u); do
  case "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" in
    installed) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

echo "These Debian packages are missing:$missing"
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo"
else
  echo "Neither root nor sudo is at hand. As root, run: apt-get install --no-install-recommends$missing" >&2
  exit 1
fi
echo "Installing them with apt-get${as_root:+ through sudo}"
# Debian's packages of haproxy, docker.io and docker-registry start a system service where an init runs. We need the programs only:
# no service is started.
policy=""
if [ ! -e /usr/sbin/policy-rc.d ] && echo "$missing" | grep -qE 'haproxy|docker.io|docker-registry'; then
  policy=/usr/sbin/policy-rc.d
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
  trap '$as_root rm -f "$policy"' EXIT
fi
# "apt-get install" first needs the lists: they may be absent (fresh container) or old (404s).
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
