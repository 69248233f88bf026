// The two ways to the computer. Both carry texts (objects) and pictures (bytes) in order, and tell when they are gone.

const PROTOCOL = "autoexposure.1";
const OPENING_MS = 6000;
const HEARING_MS = 9000;   // the computer says something every 3 s
const SAYING_MS = 20000;
const REASON_MS = 1000;    // sent away, the page is refused at once, and told why a moment later
const GONE = 1006;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// A request and its answer as {ok, status, told}. Without a network a browser would hang on to it for minutes, so it is
// given up after a while.
export async function ask(path, patienceMs, options = {}) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patienceMs);
  try {
    const answer = await fetch(path, { ...options, signal: patience.signal });
    const body = await answer.text();
    return { ok: answer.ok, status: answer.status, told: body.startsWith("{") ? JSON.parse(body) : {} };
  } finally {
    clearTimeout(timer);
  }
}

class Line {
  // on: {opened(), heard(message), closed(code, opened)}
  constructor(on) {
    this.on = on;
    this.opened = this.over = false;
    this.heardAt = performance.now();
  }

  get open() {
    return this.opened && !this.over;
  }

  begin() {
    this.opened = true;
    this.on.opened();
  }

  heard(text) {
    this.heardAt = performance.now();
    if (!this.over) this.on.heard(JSON.parse(text));
  }

  // Whether the computer has been heard lately. Wi-Fi that goes, or a phone that slept, breaks a line without a word.
  check(patienceMs) {
    if (this.opened && performance.now() - this.heardAt > patienceMs) this.end(GONE);
    return this.open;
  }

  end(code) {
    if (this.over) return;
    this.over = true;
    this.on.closed(code, this.opened);
  }
}

export class SocketLine extends Line {
  constructor(token, on) {
    super(on);
    this.socket = new WebSocket(`wss://${location.host}/socket`, [PROTOCOL, `token.${token}`]);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => { if (!this.over) this.begin(); };
    this.socket.onmessage = (event) => this.heard(event.data);
    this.socket.onclose = (event) => this.end(event.code);
    this.opening = setTimeout(() => { if (!this.opened) this.end(GONE); }, OPENING_MS);
    this.watch = setInterval(() => this.check(HEARING_MS), HEARING_MS / 4);
  }

  end(code) {
    this.hangUp();
    super.end(code);
  }

  hangUp() {
    clearTimeout(this.opening);
    clearInterval(this.watch);
    this.socket.close();
  }

  say(message) {
    if (this.open) this.socket.send(JSON.stringify(message));
  }

  send(bytes) {
    if (this.open) this.socket.send(bytes);
  }

  close() {
    this.over = true;
    this.hangUp();
  }
}

// Safari lets requests through to a certificate that the person has accepted, but no WebSocket: so the page posts what
// it has to say, one after the other, and keeps one request open in which the computer answers.
export class RequestLine extends Line {
  constructor(token, on) {
    super(on);
    this.token = token;
    this.path = "";
    this.said = this.fetched = 0;   // browsers send a request again whose connection broke: so both sides count
    this.saying = Promise.resolve();
    this.run();
  }

  async run() {
    try {
      const { number } = await this.post("channel", OPENING_MS);
      if (this.over) return;
      this.path = `channel/${number}/`;
      this.begin();
      while (!this.over) {
        const { messages, closed } = await this.post(`${this.path}hear/${this.fetched}`, HEARING_MS);
        this.heardAt = performance.now();
        this.fetched += messages.length;
        messages.forEach((message) => this.heard(message));
        if (closed) this.end(closed);
      }
    } catch {
      this.end(GONE);
    }
  }

  async post(path, patienceMs, body = "", type = "application/json") {
    const headers = { Authorization: `Bearer ${this.token}`, "Content-Type": type };
    const keepalive = path.endsWith("leave");   // sent even while the page is being closed
    const { ok, status, told } = await ask(path, patienceMs, { method: "POST", body, headers, keepalive });
    if (!ok) throw new Error(String(status));
    return told;
  }

  say(message) {
    this.queue(JSON.stringify(message));
  }

  send(bytes) {
    this.queue(bytes, "application/octet-stream");
  }

  queue(body, type) {
    if (!this.open) return;
    const path = `${this.path}say/${++this.said}`;
    this.saying = this.saying.then(() => this.post(path, SAYING_MS, body, type)).catch(() => this.refused());
  }

  async refused() {
    await pause(REASON_MS);
    this.end(GONE);
  }

  close() {
    const path = this.path;
    this.over = true;
    if (path) this.saying.then(() => this.post(`${path}leave`, OPENING_MS)).catch(() => {});
  }
}
