// Signs up a child, verifies the webhook, collects the data. Node 18 or newer, no packages.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
const { BOHOJA_PUBLIC_URL: url, BOHOJA_API_KEY: key, BOHOJA_WEBHOOK_SECRET: secret, PORT, SUBJECT } = process.env;

async function call(method, path, body, headers = {}) {
  headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json", ...headers };
  const answer = await fetch(`${url}/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error((await answer.json()).code);
  return answer.status === 204 ? null : answer.json();
}

function genuine(h, body) {
  const mac = createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"));
  const want = Buffer.from("v1," + mac.update(`${h["webhook-id"]}.${h["webhook-timestamp"]}.`).update(body).digest("base64"));
  const fresh = Math.abs(Date.now() / 1000 - Number(h["webhook-timestamp"])) < 300;
  const same = (s) => s.length === want.length && timingSafeEqual(Buffer.from(s), want);
  return fresh && h["webhook-signature"].split(" ").some(same);
}

const server = createServer(async (req, res) => {
  const body = Buffer.concat(await req.toArray());
  if (!genuine(req.headers, body)) return res.writeHead(401).end();
  const event = JSON.parse(body); // every type is news; keep the webhook-ids that you have worked
  if (event.type === "consent.granted") {
    const given = await call("POST", `/consent-requests/${event.data.id}/release`);
    console.log(given.subject, given.data.nickname); // store it here, before the next line
    await call("POST", `/consent-requests/${event.data.id}/release/ack`); // now the service destroys its copy
    server.close();
  }
  res.writeHead(204, { Connection: "close" }).end();
}).listen(Number(PORT), "127.0.0.1");
const notice = await call("GET", "/child-notice?locale=ko"); // show notice.html to the child before the guardian's name is asked
const made = await call("POST", "/consent-requests", {
  subject: SUBJECT, child_notice: { version: notice.version }, child: { name: "김하늘", birth_date: "2016-03-02" },
  guardian: { name: "김보호", email: "approve+js@guardian.test" }, data: { nickname: "하늘이" },
}, { "Idempotency-Key": `signup-of-${SUBJECT}` });
console.log(made.child_page); // send the child there
