#!/usr/bin/env bash
# The REST API with nothing but curl. Start a server first: ccrs serve RUN
#   examples/curl.sh [http://127.0.0.1:8000]
set -euo pipefail
server=${1:-http://127.0.0.1:8000}
call() { curl --fail-with-body --silent --show-error -H 'Content-Type: application/json' "$@"; echo; }

# A dialogue of a person, who is made when new.
dialogue=$(call -X POST "$server/v1/users/anna/dialogues" | sed -E 's/.*"id":"([^"]+)".*/\1/')

# Say something. The key makes a repeated request harmless.
call -X POST "$server/v1/dialogues/$dialogue/turns" -H "Idempotency-Key: $dialogue-1" \
  -d '{"text": "I loved Heat (1995). A thriller, but not a horror film, please."}'

# The same as a stream of events: heard, items, token ..., done.
call --no-buffer -X POST "$server/v1/dialogues/$dialogue/turns" -H 'Accept: text/event-stream' \
  -d '{"text": "Who directed it?"}'

# Recommendations without a dialogue, adapted to what is known of anna, with hard constraints.
call -X POST "$server/v1/recommendations" \
  -d '{"user": "anna", "text": "something like Alien (1979)", "k": 3, "filters": {"year_to": 1999}}'

# What is known of a person, and that it can be deleted.
call "$server/v1/users/anna/profile"
call -X DELETE "$server/v1/users/anna"
