// grammY with its conversations plugin, whose log is kept in better-sqlite3.
import http from "node:http";
import Database from "better-sqlite3";
import { conversations, createConversation } from "@grammyjs/conversations";
import { Bot, webhookCallback } from "grammy";
import words from "./words.cjs";

const [port, api, token, secret, folder] = process.argv.slice(2);
const db = words.open(Database, `${folder}/peer.db`);
const get = db.prepare("SELECT value FROM kept WHERE key = ?");
const put = db.prepare("INSERT INTO kept (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
const drop = db.prepare("DELETE FROM kept WHERE key = ?");
const keep = db.prepare("INSERT INTO answer (person, question, value) VALUES (?, ?, ?)");

const adapter = {
  read: (key) => {
    const row = get.get(key);
    return row && JSON.parse(row.value);
  },
  write: (key, value) => put.run(key, JSON.stringify(value)),
  delete: (key) => drop.run(key),
};

async function listen(conversation, ctx) {
  await ctx.reply(words.HELLO);
  const told = await conversation.waitFor("message:text");
  const story = told.msg.text;
  await conversation.external(() => void keep.run(String(told.chat.id), "story", story));
  await told.reply(words.CONSENT);
  for (;;) {
    const decided = await conversation.waitFor("message:text");
    if (decided.msg.text === "2") {
      await decided.reply(words.SHOW(story));
    } else if (decided.msg.text === "1" || decided.msg.text === "3") {
      await conversation.external(() => void keep.run(String(decided.chat.id), "consent", decided.msg.text));
      await decided.reply(words.THANKS);
      return;
    } else {
      await decided.reply(words.AGAIN);
    }
  }
}

const bot = new Bot(token, { client: { apiRoot: api } });
bot.use(conversations({ storage: { type: "key", getStorageKey: (ctx) => ctx.chatId?.toString(), adapter } }));
bot.use(createConversation(listen));
bot.command("start", (ctx) => ctx.conversation.enter("listen"));
await bot.init();
http.createServer(webhookCallback(bot, "http", { secretToken: secret })).listen(Number(port), "127.0.0.1");
