// node documents.js COUNT: random JSON documents, one a line, each after its canonical form by @tufjs/canonical-json.
const { canonicalize } = require("@tufjs/canonical-json");

let state = 12345;
const below = (bound) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0, (state >>> 8) % bound);
const LETTERS = ["a", "Z", "0", "_", " ", '"', "\\", "/", "é", "€", "😀", "\n", "\t", "\u0001", "\u007f"];
const NUMBERS = [0, 1, -1, 42, 2 ** 31, -(2 ** 31), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];

const text = (kinds) => Array.from({ length: below(8) }, () => LETTERS[below(kinds)]).join("");
function value(depth) {
  switch (below(depth > 0 ? 7 : 5)) {
    case 0: return null;
    case 1: return below(2) === 0;
    case 2: return NUMBERS[below(NUMBERS.length)];
    case 3: case 4: return text(LETTERS.length);
    case 5: return Array.from({ length: below(5) }, () => value(depth - 1));
    default: return Object.fromEntries(Array.from({ length: below(5) }, () => [text(10), value(depth - 1)]));
  }
}

const lines = [];
for (let i = 0; i < Number(process.argv[2]); ++i) {
  const document = value(5);
  lines.push(Buffer.from(canonicalize(document)).toString("hex"), JSON.stringify(document));
}
process.stdout.write(lines.join("\n") + "\n");
