// Whether npm's Standard Webhooks library takes each message of standard input (a JSON list of
// {secret, headers, body}); prints a JSON list of true and false. NODE_PATH says where the library is.
"use strict";
const { readFileSync } = require("node:fs");
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

function takes({ secret, headers, body }) {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(takes)));
