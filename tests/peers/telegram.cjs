// Starts telegram-test-api on loopback: node telegram.cjs PORT
//
// It was written for bots in JavaScript, which forgive more than python-telegram-bot does. What is mended here
// is only where it departs from https://core.telegram.org/bots/api; what it decides is left to it. What
// the bot calls, and what it answers to a webhook, is printed in lines of JSON for the tests to see.
"use strict";

const TelegramServer = require("telegram-test-api");

const BOT = { id: 900900, is_bot: true, first_name: "Listened", username: "listened_bot" };
const PRIVATE_FIELDS = ["botToken", "chat_id", "edits"];
const UNKNOWN_TO_IT = new Set(["setMyCommands", "leaveChat"]);

// Answers: the Bot API's seconds, true where it says true, who sent a message, and errors in its form.
const results = {
  getMe: (result) => ({ ...result, ...BOT }),
  sendMessage: (result) => without({ ...result, from: BOT, date: Math.floor(result.date / 1000) }),
  getUpdates: (result) => result,
};

function without(message) {
  return Object.fromEntries(Object.entries(message).filter(([name]) => !PRIVATE_FIELDS.includes(name)));
}

function mended(method, response, body) {
  if (UNKNOWN_TO_IT.has(method)) {
    response.statusCode = 200;
    return { ok: true, result: true };
  }
  if (response.statusCode >= 400 || body.ok === false) {
    response.statusCode = 400;
    return { ok: false, error_code: 400, description: body.description || `Bad Request: ${body.message}` };
  }
  const mend = results[method] || (() => true);
  return { ok: true, result: mend(body.result) };
}

// Updates: an edit is one, which it has no notion of; a button tells which chat it was pressed in.
const asItDoes = TelegramServer.formatUpdate;
TelegramServer.formatUpdate = (update) => {
  const formatted = asItDoes(update);
  if (formatted.callback_query) {
    formatted.callback_query.chat_instance = "1";
  } else if (formatted.message.edits) {
    formatted.edited_message = without({ ...formatted.message, message_id: formatted.message.edits });
    delete formatted.message;
  } else {
    formatted.message = without(formatted.message);
  }
  return formatted;
};

class Telegram extends TelegramServer {
  // A fetched update stays until a later offset confirms it; it would forget it at once.
  getUpdates(token) {
    const waiting = this.storage.userMessages.filter((update) => update.botToken === token);
    return waiting.map((update) => TelegramServer.formatUpdate(update));
  }

  confirm(token, offset) {
    const unconfirmed = (update) => update.botToken !== token || update.updateId >= offset;
    this.storage.userMessages = this.storage.userMessages.filter(unconfirmed);
  }

  // The secret goes with each update; it would leave it out. The number that a message took is printed.
  async addUserUpdate(update) {
    console.log(JSON.stringify({ message: update.messageId }));
    const webhook = this.webhooks[update.botToken];
    if (!webhook) return super.addUserUpdate(update);
    this.updateId++;
    const headers = { "content-type": "application/json" };
    if (webhook.secret_token) headers["x-telegram-bot-api-secret-token"] = webhook.secret_token;
    const body = JSON.stringify(TelegramServer.formatUpdate(update));
    const answer = await fetch(webhook.url, { method: "POST", headers, body });
    console.log(JSON.stringify({ webhook: answer.status }));
  }
}

const server = new Telegram({ port: Number(process.argv[2]), host: "127.0.0.1", storeTimeout: 600 });
const answers = server.webServer.response;
const asIs = answers.json;
answers.json = function json(body) {
  const called = /^\/bot([^/]+)\/(\w+)/.exec(this.req.path);
  if (!called) return asIs.call(this, body);
  const [, token, method] = called;
  const asked = { ...this.req.query, ...this.req.body };
  if (method === "getUpdates") {
    server.confirm(token, Number(asked.offset || 0));
    body.result = server.getUpdates(token);
  } else {
    console.log(JSON.stringify({ method, asked }));
  }
  return asIs.call(this, mended(method, this, body));
};
server.start();
