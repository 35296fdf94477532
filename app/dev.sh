#!/bin/sh
# make dev: runs http-api on http://localhost:8080 (PORT changes that) and, when a source changes, rebuilds it and
# starts it again. A build that fails leaves the old one running. Ctrl-C ends it.
set -eu
cd "$(dirname "$0")/.."
build=build/release
binary=$build/bin/http-api
running=

stop() {
    if [ -n "$running" ]; then
        kill "$running" 2>/dev/null || true
        wait "$running" || true
        running=
    fi
}
trap 'stop; exit 0' INT TERM

start() {
    # A copy runs, because the linker cannot write to a program that is running.
    cp -f "$binary" "$build/http-api-dev"
    HOST=${HOST:-127.0.0.1} PORT=${PORT:-8080} "$build/http-api-dev" &
    running=$!
}

state() { find app CMakeLists.txt cmake -type f -printf '%p %T@\n' | sort; }

# Returns when something differs from the state given. In the background, so that a signal ends the wait at once.
wait_for_change() {
    while [ "$(state)" = "$1" ]; do
        if command -v inotifywait >/dev/null 2>&1; then
            # Five seconds at most: a change between the look and the watch is not missed for longer.
            inotifywait -qq -t 5 -r -e close_write,create,delete,move app cmake CMakeLists.txt &
        else
            sleep 1 &
        fi
        wait $! || true
    done
}

[ -f "$build/build.ninja" ] || cmake --preset release
seen=$(state)
ninja -C "$build" http-api
start
while true; do
    wait_for_change "$seen"
    seen=$(state)
    if ninja -C "$build" http-api; then
        stop
        start
    else
        echo "the build failed: the version before it keeps running" >&2
    fi
done
