"""Sends each case of the standard input with requests, the parameters as a dict."""

import json
import os
import sys

import requests

answers = []
for case in json.load(sys.stdin):
    response = requests.get(
        os.environ["VERAX_URL"] + case["path"],
        params=dict(case["params"]),
        headers={"Authorization": "Bearer " + os.environ["VERAX_TOKEN"]},
        timeout=60,
    )
    answers.append({"status": response.status_code, "body": response.text})
print(json.dumps(answers))
