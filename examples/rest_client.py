"""A conversation over the REST API. Start a server first: ccrs serve RUN.

python examples/rest_client.py [http://127.0.0.1:8000]
"""

import json
import sys

import httpx

SERVER = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"

with httpx.Client(base_url=SERVER, timeout=60) as http:
    dialogue = http.post("/v1/users/bob/dialogues").raise_for_status().json()["id"]

    turn = http.post(
        f"/v1/dialogues/{dialogue}/turns", json={"text": "I loved Heat (1995). Who else directs like that?"}
    )
    turn.raise_for_status()
    print("ccrs:", turn.json()["reply"])
    for card in turn.json()["items"]:
        print(f"  {card['title']} ({card['year']}): {card['reason']}")

    # Feedback acts at once: what was seen is not offered again.
    seen = turn.json()["items"][0]["id"]
    http.post("/v1/feedback", json={"user": "bob", "item": seen, "opinion": "seen", "dialogue": dialogue})

    # The reply as it comes, by server-sent events.
    headers = {"Accept": "text/event-stream"}
    with http.stream(
        "POST", f"/v1/dialogues/{dialogue}/turns", json={"text": "One more, please."}, headers=headers
    ) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                event = json.loads(line.removeprefix("data:"))
                if event["event"] == "token":
                    print(event["token"], end="", flush=True)
                elif event["event"] == "done":
                    offered = [card["id"] for card in event["turn"]["items"]]
                    print("\nthe film he has seen is offered again:", seen in offered)
