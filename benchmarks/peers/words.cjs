// What every peer says: the same four turns as ours (../turns/talk.py).
exports.HELLO = "Hello. This is the Listening Team. Were you listened to? Tell us in your own words. A text costs your usual rate.";
exports.CONSENT = "Thank you. May we share your words with your landlord, names taken out? 1 yes, 2 show me first, 3 no";
exports.SHOW = (story) => `This is what they would see: ${story} 1 yes, 3 no`;
exports.THANKS = "Thank you. We will share it without your name.";
exports.AGAIN = "Please send 1, 2 or 3.";

// Where answers are kept: a row an answer, in a file that survives a power cut.
exports.open = (Database, file) => {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(`CREATE TABLE IF NOT EXISTS state (person TEXT PRIMARY KEY, step TEXT NOT NULL, story TEXT);
           CREATE TABLE IF NOT EXISTS answer (id INTEGER PRIMARY KEY, person TEXT NOT NULL, question TEXT NOT NULL, value TEXT NOT NULL);
           CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT NOT NULL);`);
  return db;
};
