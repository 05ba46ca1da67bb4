/* The work that the public form asks of a browser: a number that, written behind the challenge, gives a SHA-256 with so
   many zero bits at its beginning. SHA-256 is our own, since browsers offer theirs on safe addresses only, and one by one. */
(() => {
  const SLICE = 2000;
  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((each) => n % each)) primes.push(n);
  const fraction = (value) => ((value - Math.floor(value)) * 0x100000000) | 0;
  const K = primes.map((each) => fraction(Math.cbrt(each)));
  const START = primes.slice(0, 8).map((each) => fraction(Math.sqrt(each)));
  const turned = (word, by) => (word >>> by) | (word << (32 - by));

  /* The first word of the SHA-256 of bytes, which is all that is asked for. */
  function firstWord(bytes) {
    const blocks = ((bytes.length + 8) >> 6) + 1;
    const words = new Int32Array(blocks * 16);
    for (let i = 0; i < bytes.length; i += 1) words[i >> 2] |= bytes[i] << (24 - 8 * (i & 3));
    words[bytes.length >> 2] |= 0x80 << (24 - 8 * (bytes.length & 3));
    words[words.length - 1] = bytes.length * 8;
    const state = Int32Array.from(START);
    const w = new Int32Array(64);
    for (let block = 0; block < blocks; block += 1) {
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i += 1) {
        if (i < 16) {
          w[i] = words[block * 16 + i];
        } else {
          const s0 = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ (w[i - 15] >>> 3);
          const s1 = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ (w[i - 2] >>> 10);
          w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
        }
        const S1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
        const t1 = (h + S1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const S0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
        const t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
      }
      [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] = (state[i] + word) | 0; });
    }
    return state[0] >>> 0;
  }

  const form = document.querySelector("form[data-work]");
  if (!form) return;
  const { challenge, bits } = form.dataset;
  const field = form.elements.answer;
  const hint = form.querySelector("[data-working]");
  const encoder = new TextEncoder();
  let waits = false;

  function work(from) {
    for (let n = from; n < from + SLICE; n += 1) {
      if (firstWord(encoder.encode(`${challenge}:${n}`)) >>> (32 - bits) === 0) {
        field.value = String(n);
        hint.hidden = true;
        if (waits) form.requestSubmit();
        return;
      }
    }
    setTimeout(work, 0, from + SLICE);
  }

  /* Whoever is faster than the work has the form sent when it is done; before the guard against a second press. */
  form.addEventListener("submit", (event) => {
    if (field.value) return;
    event.preventDefault();
    event.stopPropagation();
    waits = true;
    hint.hidden = false;
  });
  work(0);
})();
