import http.client

conn = http.client.HTTPSConnection("api.verifik.co")

headers = {
    'Content-Type': 'application/json',
    'Authorization': 'Bearer <your_token>'
}

conn.request("GET", "/v2/document-liveness?page=1&limit=10&status=completed&populates[]=client&populates[]=appRegistration", headers=headers)

res = conn.getresponse()
data = res.read()

print(data.decode("utf-8"))
