// grammY with its state by hand: one better-sqlite3 transaction a turn.
import http from "node:http";
import Database from "better-sqlite3";
import { Bot, webhookCallback } from "grammy";
import words from "./words.cjs";

const [port, api, token, secret, folder] = process.argv.slice(2);
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

const bot = new Bot(token, { client: { apiRoot: api } });
bot.on("message:text", (ctx) => ctx.reply(turn.immediate(String(ctx.chat.id), ctx.msg.text)));
await bot.init();
http.createServer(webhookCallback(bot, "http", { secretToken: secret })).listen(Number(port), "127.0.0.1");
