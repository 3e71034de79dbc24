#!/usr/bin/env bash
# `verax` as the pages mean it: what serves or works goes on in the background, and its caller once it
# is ready. A server whose port is used again is stopped first, as a person would.
set -e
case " $* " in *" serve "* | *" worker "*) ;; *) exec "$BINARY" "$@" ;; esac
address=${VERAX_LISTEN:-127.0.0.1:8080} before=
case " $* " in *" worker "*) address=:worker ;; esac
for word in "$@"; do
  if [ "$before" = --listen ]; then address=$word; fi
  before=$word
done
port=${address##*:}
if [ "$port" = 0 ]; then port=any-$$; fi
own=$RECORDS/server-$port
runs() { kill -0 "$(cat "$own.pid")" 2>/dev/null; }
if [ -e "$own.pid" ]; then
  kill "$(cat "$own.pid")" 2>/dev/null || true
  while runs; do sleep 0.02; done
fi
"$BINARY" "$@" >"$own.out" 2>"$own.log" &
echo $! >"$own.pid"
until grep -q '^at work' "$own.out" ||
  { url=$(sed -n 's/^listening on //p' "$own.out") && [ -n "$url" ] && curl -fksS -o "$own.ready" "$url/readyz"; } 2>"$own.error"; do
  if ! runs; then cat "$own.out" "$own.log" && exit 1; fi
  sleep 0.02
done
cat "$own.out"
