// Botkit on SMS through Twilio: state and answers in better-sqlite3, one transaction a turn, signatures checked.
const Database = require("better-sqlite3");
const { Botkit } = require("botkit");
const { TwilioAdapter } = require("botbuilder-adapter-twilio-sms");
const words = require("./words.cjs");

const [port, api, sid, token, folder, number, publicUrl] = process.argv.slice(2);
process.env.PORT = port;
const db = words.open(Database, `${folder}/peer.db`);
const read = db.prepare("SELECT step, story FROM state WHERE person = ?");
const write = db.prepare(
  "INSERT INTO state (person, step, story) VALUES (?, ?, ?) ON CONFLICT (person) DO UPDATE SET step = excluded.step, story = excluded.story",
);
const keep = db.prepare("INSERT INTO answer (person, question, value) VALUES (?, ?, ?)");

const turn = db.transaction((person, text) => {
  const state = read.get(person);
  if (text === "/start" || !state) {
    write.run(person, "story", null);
    return words.HELLO;
  }
  if (state.step === "story") {
    keep.run(person, "story", text);
    write.run(person, "consent", text);
    return words.CONSENT;
  }
  if (text === "2") return words.SHOW(state.story);
  if (text !== "1" && text !== "3") return words.AGAIN;
  keep.run(person, "consent", text);
  write.run(person, "done", state.story);
  return words.THANKS;
});

const adapter = new TwilioAdapter({ twilio_number: number, account_sid: sid, auth_token: token, validation_url: `${publicUrl}/` });
// The client has no setting for where its API is.
const http = adapter.api.httpClient;
const request = http.request.bind(http);
http.request = (options) => request({ ...options, uri: options.uri.replace("https://api.twilio.com", api) });

const controller = new Botkit({ webhook_uri: "/", adapter, disable_console: true });
controller.on("message", async (bot, message) => bot.reply(message, turn.immediate(message.user, message.text)));
