// Bottender on WhatsApp through Twilio: its session in files, written before the 200 (sync), signatures checked.
const fs = require("node:fs");
const path = require("node:path");
const { bottender } = require("bottender");
const express = require("express");
const words = require("./words.cjs");

if (process.argv.length > 4) {
  const [port, api, sid, token, folder, number, ours] = process.argv.slice(2);
  process.chdir(folder);
  const whatsapp = { enabled: true, path: "/", sync: true, accountSid: sid, authToken: token, phoneNumber: number, origin: api };
  const config = { session: { driver: "file", stores: { file: { dirname: "sessions" } } }, initialState: { step: "start" }, channels: { whatsapp } };
  fs.writeFileSync("bottender.config.js", `module.exports = ${JSON.stringify(config)};`);
  fs.writeFileSync("index.js", `module.exports = require(${JSON.stringify(path.resolve(__filename))});`);
  const app = bottender({ dev: false });
  app.prepare().then(() => {
    const server = express();
    const rawBody = (req, _res, body) => { req.rawBody = body.toString(); };
    server.use(express.urlencoded({ extended: false, verify: rawBody }), express.json({ verify: rawBody }));
    const handle = app.getRequestHandler();
    server.all("*", (req, res) => {
      // It checks signatures against the address without its port, which Twilio signs with it.
      Object.defineProperty(req, "hostname", { value: new URL(ours).host });
      handle(req, res);
    });
    server.listen(Number(port), "127.0.0.1");
  });
}

module.exports = async function App(context) {
  const text = context.event.text;
  if (text === "/start") {
    context.setState({ step: "story" });
    await context.sendText(words.HELLO);
  } else if (context.state.step === "story") {
    context.setState({ step: "consent", story: text });
    await context.sendText(words.CONSENT);
  } else if (text === "2") {
    await context.sendText(words.SHOW(context.state.story));
  } else if (text === "1" || text === "3") {
    context.setState({ step: "done", consent: text });
    await context.sendText(words.THANKS);
  } else {
    await context.sendText(words.AGAIN);
  }
};
