"""Sends each case of the standard input with http.client, the query string as it is."""

import http.client
import json
import os
import sys

answers = []
connection = http.client.HTTPConnection(os.environ["VERAX_URL"].removeprefix("http://"))
for case in json.load(sys.stdin):
    connection.request(
        "GET",
        case["path"] + "?" + case["query"],
        headers={"Authorization": "Bearer " + os.environ["VERAX_TOKEN"]},
    )
    response = connection.getresponse()
    answers.append({"status": response.status, "body": response.read().decode("utf-8")})
print(json.dumps(answers))
