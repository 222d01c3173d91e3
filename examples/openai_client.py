"""A conversation by the client library of the OpenAI protocol. Start a server first: ccrs serve RUN.

python examples/openai_client.py [http://127.0.0.1:8000]
"""

import sys

from openai import OpenAI

SERVER = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"

client = OpenAI(base_url=f"{SERVER}/v1", api_key="none on loopback")
messages = [{"role": "user", "content": "I loved Heat (1995). What should I watch?"}]
# With a user the person is remembered; without, nothing is kept.
first = client.chat.completions.create(model="ccrs", messages=messages, user="carol")
print("ccrs:", first.choices[0].message.content)
for card in first.choices[0].ccrs["items"]:
    print(f"  {card['title']} ({card['year']})")

messages += [
    {"role": "assistant", "content": first.choices[0].message.content},
    {"role": "user", "content": "Something older, please."},
]
stream = client.chat.completions.create(model="ccrs", messages=messages, user="carol", stream=True)
print("ccrs: ", end="")
for chunk in stream:
    if chunk.choices and chunk.choices[0].delta.content:
        print(chunk.choices[0].delta.content, end="", flush=True)
print()
