"""Signs up a child, verifies the webhook, collects the data. Python 3.9 or newer, standard library only."""
import base64, hashlib, hmac, http.server, json, os, threading, time, urllib.request

URL, KEY, SECRET = (os.environ[n] for n in ("BOHOJA_PUBLIC_URL", "BOHOJA_API_KEY", "BOHOJA_WEBHOOK_SECRET"))

def call(method, path, body=None, **headers):
    headers |= {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(URL + "/v1" + path, data, headers, method=method), timeout=20) as r:
        return json.loads(r.read() or "null")

def genuine(h, body):
    signed = f"{h['webhook-id']}.{h['webhook-timestamp']}.".encode() + body
    mac = hmac.digest(base64.b64decode(SECRET.removeprefix("whsec_")), signed, hashlib.sha256)
    want = "v1," + base64.b64encode(mac).decode()
    fresh = abs(time.time() - int(h["webhook-timestamp"])) < 300
    return fresh and any(hmac.compare_digest(want, s) for s in h["webhook-signature"].split())

class Hooks(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if not genuine(self.headers, body):
            return self.send_error(401)
        event = json.loads(body)  # every type is news; keep the webhook-ids that you have worked
        if event["type"] == "consent.granted":
            given = call("POST", f"/consent-requests/{event['data']['id']}/release")
            print(given["subject"], given["data"]["nickname"], flush=True)  # store it here, before the next line
            call("POST", f"/consent-requests/{event['data']['id']}/release/ack")  # now the service destroys its copy
            threading.Thread(target=self.server.shutdown).start()
        self.send_response(204), self.end_headers()

server = http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hooks)
notice = call("GET", "/child-notice?locale=ko")  # show notice["html"] to the child before the guardian's name is asked
made = call("POST", "/consent-requests", {
    "subject": os.environ["SUBJECT"], "child_notice": {"version": notice["version"]}, "child": {"name": "김하늘", "birth_date": "2016-03-02"},
    "guardian": {"name": "김보호", "email": "approve+py@guardian.test"}, "data": {"nickname": "하늘이"}},
    **{"Idempotency-Key": "signup-of-" + os.environ["SUBJECT"]})
print(made["child_page"])  # send the child there
server.serve_forever()
