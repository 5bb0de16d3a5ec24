// The demo's page: three phones, a moderator's desk and a post room, all drawn from GET /demo/state once a second.
// Words that people wrote are only ever set as textContent, so a text can't become part of the page.

const EVERY = 1_000; // milliseconds between two looks at the state
const SLOWEST = 15_000; // the same, when the server stays silent
const PATIENCE = 10_000;
const DESK_HOLDS = 20; // the server shows no more stories at once
const NEAR_END = 48; // pixels: somebody this close to the end of a conversation is following it

const AUDIENCES = { landlord: "Landlord", organiser: "Organisers", duty: "On duty" };
const VERDICTS = {
  approve: "Approved. A digest may use these words.",
  "set-aside": "Set aside. These words stay here.",
};

const $ = (selector, root = document) => root.querySelector(selector);
const part = (root, name) => $(`[data-part="${name}"]`, root);
const copy = (name) => $(`#${name}-template`).content.firstElementChild.cloneNode(true);
const shortTime = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const longTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });

const phones = new Map(); // channel -> what makePhone returns
const drawn = new Map(); // part of the page -> the state that it shows, as JSON
let wait = EVERY;
let timer = 0;
let round = 0;

// ---- talking to the server

// Gives the sentence to show when it failed, null when it worked.
async function post(url, body = {}) {
  let answer;
  try {
    const headers = { "content-type": "application/json" };
    const signal = AbortSignal.timeout(PATIENCE);
    answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
  } catch {
    return "The demo did not answer. Is it still running? Please try again.";
  }
  if (answer.ok) {
    poll();
    return null;
  }
  const { error } = await answer.json().catch(() => ({}));
  return error || `That did not work (${answer.status}). Please try again.`;
}

async function readState() {
  try {
    const answer = await fetch("/demo/state", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

async function poll() {
  clearTimeout(timer);
  if (document.hidden) return;
  const mine = ++round; // a newer look makes an older answer stale
  const state = await readState();
  if (mine !== round) return;
  wait = state ? EVERY : Math.min(wait * 2, SLOWEST);
  timer = setTimeout(poll, wait);
  const gone = "The demo has stopped answering. Start it again and this page will catch up. What you typed is still here.";
  setText($("#link"), state ? "" : gone);
  if (state) show(state);
}

// ---- small tools

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text; // an unchanged live region must stay silent
}

function setTime(node, at, format = shortTime) {
  node.dateTime = at;
  setText(node, format.format(new Date(at)));
}

function report(status, error, success) {
  status.classList.toggle("bad", Boolean(error));
  setText(status, error ?? success);
}

function changed(key, value) {
  const now = JSON.stringify(value);
  if (drawn.get(key) === now) return false;
  drawn.set(key, now);
  return true;
}

// Runs one job at a time. Not `disabled`: that would throw the keyboard focus away.
async function once(node, job) {
  if (node.ariaBusy === "true") return;
  node.ariaBusy = "true";
  await job().finally(() => { node.ariaBusy = "false"; });
}

// Makes a list's children match the items, touching only what differs. `refuge` takes the focus of what went away.
function match(list, items, { make, dress, refuge }) {
  const hadFocus = list.contains(document.activeElement);
  const wanted = new Set(items.map(({ id }) => String(id)));
  const kept = new Map();
  for (const node of [...list.children]) {
    if (wanted.has(node.dataset.id)) kept.set(node.dataset.id, node);
    else node.remove();
  }
  items.forEach((item, index) => {
    const node = kept.get(String(item.id)) ?? make(item);
    node.dataset.id = item.id;
    dress(node, item, index === items.length - 1);
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
  list.hidden = items.length === 0;
  if (hadFocus && !list.contains(document.activeElement)) refuge().focus();
}

// ---- phones

function makePhone({ channel }, isFirst) {
  const root = copy("phone");
  const tab = copy("tab");
  const phone = {
    channel, root, tab, following: true, last: undefined,
    log: $(".talk", root), form: $("form", root), box: $("textarea", root), status: $(".status", root),
  };
  root.id = `phone-${channel}`;
  root.dataset.channel = channel;
  phone.box.id = `box-${channel}`;
  part(root, "label").htmlFor = phone.box.id;
  part(root, "name").id = `name-${channel}`;
  for (const node of [root, phone.log]) node.setAttribute("aria-labelledby", `name-${channel}`);
  $(".ideas", root).append($(`#${channel}-ideas`).content.cloneNode(true));
  Object.assign($("input", tab), { value: channel, checked: isFirst });
  listen(phone);
  follow(phone);
  return phone;
}

function listen(phone) {
  const { root, tab, form, box } = phone;
  tab.addEventListener("change", () => tab.classList.remove("news"));
  form.addEventListener("submit", (event) => { event.preventDefault(); send(phone); });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send(phone);
  });
  $(".ideas", root).addEventListener("click", ({ target }) => {
    if (target.tagName !== "BUTTON") return;
    box.value = target.textContent;
    box.focus();
  });
  $(".visit", root).addEventListener("click", ({ currentTarget }) => once(currentTarget, async () => {
    report(phone.status, await post(`/demo/visits/${phone.channel}`), "Done. The bot will ask how it went.");
  }));
}

// Keeps the newest message in view, also when the box grows or a hidden phone is shown, unless somebody scrolled up.
function follow(phone) {
  const { log } = phone;
  log.addEventListener("scroll", () => {
    if (log.clientHeight) phone.following = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
  }, { passive: true });
  new ResizeObserver(() => { if (phone.following) log.scrollTop = log.scrollHeight; }).observe(log);
}

function send(phone) {
  const text = phone.box.value;
  if (!text.trim()) return phone.box.focus();
  return once(phone.form, async () => {
    const sent = await deliver(phone, { text });
    if (sent && phone.box.value === text) phone.box.value = ""; // words typed meanwhile, or not sent, stay
  });
}

async function deliver(phone, body) {
  const error = await post(`/demo/phones/${phone.channel}`, body);
  phone.following = true;
  report(phone.status, error, "Sent. The bot waits a few seconds, in case you have more to say.");
  return !error;
}

function showPhone(about, operator) {
  const isNew = !phones.has(about.channel);
  if (isNew) phones.set(about.channel, makePhone(about, phones.size === 0));
  const phone = phones.get(about.channel);
  const { root, tab } = phone;
  setText(part(root, "name"), about.name);
  setText(part(root, "owner"), `${about.person}’s phone, ${about.number}`);
  setText(part(root, "operator"), operator);
  setText(part(root, "face"), operator.replace(/^the /i, "").charAt(0));
  setText(part(root, "to"), about.to);
  setText(part(root, "label"), `Message from ${about.person}, by ${about.name}`);
  setText($("span", tab), about.name);
  showTalk(phone, about);
  if (!isNew) return;
  $("#tabs").append(tab);
  $("#handsets").append(root); // added with its past already in it, so that a screen reader doesn't read that aloud
}

function showTalk(phone, { messages, person }) {
  const { log, root, tab, status } = phone;
  match(log, messages, {
    make: () => makeMessage(phone),
    dress: (node, message, isLast) => dressMessage(node, message, isLast, person),
    refuge: () => log,
  });
  log.hidden = false; // an empty log stays in the page, or its first message would not be read out
  log.tabIndex = messages.length ? 0 : -1;
  root.classList.toggle("silent", messages.length === 0);
  if (phone.following) log.scrollTop = log.scrollHeight;
  const last = messages.at(-1);
  if (last?.from === "bot" && last.id !== phone.last) {
    if (!status.classList.contains("bad")) report(status, null, "");
    if (root.isConnected && !root.checkVisibility()) tab.classList.add("news");
  }
  phone.last = last?.id;
}

function makeMessage(phone) {
  const node = copy("message");
  const choices = $(".choices", node);
  choices.addEventListener("click", ({ target }) => {
    if (target === choices) return;
    once(choices, () => deliver(phone, { button: target.textContent, message: node.dataset.id }));
  });
  return node;
}

function dressMessage(node, { text, from, at, buttons }, isLast, person) {
  node.className = `message ${from}`;
  setText($(".unseen", node), from === "bot" ? "The bot: " : `${person}: `);
  setText($("p", node), text);
  setTime($("time", node), at);
  const labels = isLast && from === "bot" ? buttons ?? [] : []; // older questions are over
  const choices = $(".choices", node);
  if (choices.dataset.labels === JSON.stringify(labels)) return;
  choices.dataset.labels = JSON.stringify(labels);
  choices.hidden = labels.length === 0;
  choices.replaceChildren(...labels.map((textContent) =>
    Object.assign(document.createElement("button"), { type: "button", textContent })));
}

// ---- desk and post room

function showDesk(waiting) {
  match($("#waiting"), waiting, {
    make: makeStory,
    dress: (node, { words }) => setText($("blockquote", node), words),
    refuge: () => $("#waiting button") ?? $("#desk"),
  });
  $("#desk-empty").hidden = waiting.length > 0;
}

function makeStory({ id }) {
  const node = copy("story");
  $("blockquote", node).id = `words-${id}`;
  for (const button of node.querySelectorAll("button")) {
    button.setAttribute("aria-describedby", `words-${id}`);
    button.addEventListener("click", () => once(node, async () => {
      const error = await post(`/demo/desk/${encodeURIComponent(id)}`, { verdict: button.value });
      report($("#desk-status"), error, VERDICTS[button.value]);
    }));
  }
  return node;
}

function showPost(mails, isFirst) {
  match($("#mails"), mails, { make: () => makeMail(!isFirst), dress: dressMail, refuge: () => $("#post") });
  $("#post-empty").hidden = mails.length > 0;
  if (!isFirst) report($("#post-status"), null, ""); // the mail itself is the answer
}

function makeMail(isNew) {
  const node = copy("mail");
  $("button", node).classList.toggle("new", isNew);
  return node;
}

function dressMail(node, mail) {
  labelAudience($(".audience", node), mail.audience);
  setTime($("time", node), mail.at);
  setText($("b", node), mail.subject);
  setText($(".to", node), `To ${mail.to}`);
  $("button", node).onclick = ({ currentTarget }) => {
    currentTarget.classList.remove("new");
    openMail(mail);
  };
}

function labelAudience(node, audience) {
  setText(node, AUDIENCES[audience] ?? "Other");
  node.dataset.audience = audience;
}

function openMail({ id, subject, to, audience, at }) {
  const reader = $("#reader");
  const address = `/demo/mails/${encodeURIComponent(id)}`;
  const frame = copy("frame"); // a new frame each time: changing src would fill the Back button's history
  Object.assign(frame, { title: `Mail: ${subject}`, src: address });
  setText($("#reader-subject"), subject);
  labelAudience(part(reader, "audience"), audience);
  setText(part(reader, "to"), to);
  setTime(part(reader, "at"), at, longTime);
  part(reader, "plain").href = `${address}.txt`;
  part(reader, "paper").replaceChildren(frame);
  reader.showModal();
  $("#reader-subject").focus();
}

// ---- the whole page

function fill(name, text) {
  for (const node of document.querySelectorAll(`[data-fill="${name}"]`)) setText(node, text);
}

function show({ phones: abouts, waiting, mails, ...facts }) {
  for (const name of ["landlord", "operator", "next_digest"]) fill(name, facts[name]);
  fill("waiting", `${waiting.length}${waiting.length < DESK_HOLDS ? "" : " or more"} to read`);
  fill("mails", mails.length === 1 ? "1 mail" : `${mails.length} mails`);
  $("#opening")?.remove();
  for (const about of abouts) {
    if (changed(about.channel, [about, facts.operator])) showPhone(about, facts.operator);
  }
  if (changed("waiting", waiting)) showDesk(waiting);
  const isFirst = !drawn.has("mails"); // what was there when the page opened isn't news
  if (changed("mails", mails)) showPost(mails, isFirst);
}

$("#digest").addEventListener("click", ({ currentTarget }) => once(currentTarget, async () => {
  report($("#post-status"), await post("/demo/digest"), "On its way. New mails show up here in a moment.");
}));
$("#reader-close").addEventListener("click", () => $("#reader").close());
$("#reader").addEventListener("close", () => part($("#reader"), "paper").replaceChildren());
document.addEventListener("visibilitychange", poll);
poll();
