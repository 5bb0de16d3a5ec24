// Reads JSON lines, each a text; writes what Twilio's own calculator makes of it, as JSON lines.
import { createInterface } from "node:readline";
import calculator from "sms-segments-calculator";

const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const message = new calculator.SegmentedMessage(JSON.parse(line), "auto", false);
  const { encodingName: encoding, segmentsCount: parts } = message;
  const units = message.encodedChars.reduce((sum, one) => sum + one.codeUnits.length, 0);
  console.log(JSON.stringify({ encoding, units, parts }));
}
