// Verifies each delivery of the standard input with the standardwebhooks package of npm.
// A line is {"headers", "body", "secret", "at"}: `at` is when it came, in seconds since 1970.

import { createInterface } from "node:readline";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

let verified = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { headers, body, secret, at } = JSON.parse(line);
  // When a delivery came is now: the library rejects what is older than five minutes.
  Date.now = () => at * 1000;
  const webhook = new Webhook(secret);
  webhook.verify(body, headers);
  // It is known to reject, too.
  try {
    webhook.verify(`${body} `, headers);
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    verified += 1;
    continue;
  }
  throw new Error("a changed body was verified");
}
console.log(verified);
