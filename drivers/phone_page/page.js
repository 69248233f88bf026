// The phone's side: takes the camera, sends pictures as they are asked for, and applies what the computer wants.

import { RequestLine, SocketLine, ask } from "./lines.js";
import { applyTo, capabilitiesOf, controlsOf, kindOf, lenses, putBack, usable } from "./lens.js";

const REPLACED = 4001;
const ENDED = 4002;
const ANSWER_MS = 8000;
const LONGEST_WAIT_MS = 4000;
const LET_GO_AFTER_MS = 60000;
const SLEPT_MS = 5000;
const HAVE_CURRENT_DATA = 2;
const TICK_MS = 50;
const SILENT_CAMERA_MS = 700;   // a camera in the dark may be as slow as that
const PAUSED_MS = 4000;
const SLOW_BPS = 600e3;

const $ = (id) => document.getElementById(id);
const video = $("video");
const canvas = document.createElement("canvas");
const paper = canvas.getContext("2d", { alpha: false });

let secret = location.hash.slice(1);   // good for joining once
let line = null;            // to the computer, while it is open or opening
let Way = SocketLine;
let track = null;           // the camera's video track
let wakeLock = null;
let stopped = false;        // by the person: nothing happens until they start again
let retry = { timer: 0, waitMs: 500 };
let letGoTimer = 0;
let lensName = "";
let opening = 0;            // running number: a camera that was asked for later wins

let wish = null;            // what the computer asked for with its last "next"
let sequence = 0;
let sentAt = 0, roundMs = 0, encoding = false;
let cameraFrames = 0, changedAtFrame = 0, changing = 0, applied = 0;
let lastCallback = 0, calledAt = 0, tickedAt = 0;
let sentTimes = [];
let askedAt = 0;            // when the computer last wanted something of us
let throughput = 0;

// ---- words and looks

function show(state, pill, headline = "", detail = "") {
  document.body.dataset.state = state;
  $("state").textContent = pill;
  $("headline").textContent = headline;
  $("detail").textContent = detail;
}

function button(text, go) {
  $("stop-text").textContent = text;
  $("stop").classList.toggle("go", go);
  $("stop").hidden = !text;
}

function shutter(units) {
  const seconds = units / 10000;
  if (seconds >= 0.4) return `${+seconds.toPrecision(2)} s`;
  return `1/${Math.round(1 / seconds)} s`;
}

function showReadings() {
  if (document.body.dataset.state !== "live") return;
  const now = track ? track.getSettings() : {};
  const kind = kindOf(track);
  const manual = kind === "manual" && now.exposureMode === "manual";
  $("time").textContent = manual && now.exposureTime ? shutter(now.exposureTime) : "auto";
  $("second-name").textContent = kind === "shift" ? "Shift" : "ISO";
  $("iso").textContent = kind === "shift"
    ? `${now.exposureCompensation > 0 ? "+" : ""}${(now.exposureCompensation || 0).toFixed(1)} EV`
    : !manual ? "auto" : now.iso ? String(Math.round(now.iso)) : "–";
  const since = performance.now() - 2000;
  sentTimes = sentTimes.filter((time) => time > since);
  const slow = throughput > 0 && throughput < SLOW_BPS;
  $("rate-name").textContent = slow ? "Slow link" : "Sending";
  $("rate").textContent = `${Math.round(sentTimes.length / 2)}/s`;
  const paused = !wish && performance.now() - askedAt > PAUSED_MS;   // the computer shows another camera, or is busy
  document.body.classList.toggle("paused", paused);
  $("state").textContent = paused ? "Paused" : "Live";
}

function showLive() {
  show("live", "Live");
  askedAt = performance.now();
  button("Stop", false);
  const note = {
    manual: "",
    shift: "This browser only lets its automatic be shifted, so the computer steers that.",
    "": "This browser lets no page set the exposure. The computer sees and judges the pictures, no more.",
  }[kindOf(track)];
  $("note").textContent = note;
  $("note").hidden = !note;
  fine();
  showReadings();
}

function fine() {
  $("fine").textContent = `Pictures go to ${location.hostname} and nowhere else.` + (wakeLock ? " The screen stays on." : "");
}

// ---- joining

async function join() {
  history.replaceState(null, "", location.pathname);   // the secret is not to be seen, bookmarked or shared
  if (secret) {
    show("starting", "Joining", "Joining the computer");
    let answer;
    try {
      answer = await ask("pair", ANSWER_MS, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ secret }),
      });
    } catch {
      return failed("The computer does not answer", "Is the phone in the same network as the computer?", "Try again");
    }
    secret = "";
    if (answer.ok) sessionStorage.setItem("token", answer.told.token);
    else if (!await known().catch(() => false)) {
      return failed("Not joined", answer.told.reason || "Scan the code that the computer shows.");
    }
  }
  if (!sessionStorage.getItem("token")) {
    return failed("Scan the code", "Point this phone's camera at the code that autoexposure shows on the computer. If you have just let the browser open this page, scan it once more.");
  }
  connect();
}

// Whether the computer still knows this page's token.
async function known() {
  const token = sessionStorage.getItem("token");
  return Boolean(token) && (await ask("session", ANSWER_MS, { headers: { Authorization: `Bearer ${token}` } })).ok;
}

function failed(headline, detail, again = "") {
  stopped = true;
  closeCamera();
  show("failed", "Not connected", headline, detail);
  button(again, true);
}

// ---- connection

function connect() {
  if (stopped || line) return;
  clearTimeout(retry.timer);
  if (document.body.dataset.state !== "waiting") show("starting", "Connecting", "Connecting to the computer");
  const mine = line = new Way(sessionStorage.getItem("token"), {
    opened() {
      if (line !== mine) return;
      retry.waitMs = 500;
      clearTimeout(letGoTimer);
      letGoTimer = 0;
      wish = null;
      sentAt = roundMs = 0;
      if (usable(track)) announce(); else openCamera();
    },
    heard(message) { if (line === mine) heard(message); },
    closed(code, opened) { if (line === mine) lost(code, opened); },
  });
}

async function lost(code, opened) {
  line = null;
  wish = null;
  release();
  if (stopped) return;
  if (code === REPLACED) {
    stopped = true;
    closeCamera();
    show("failed", "Elsewhere", "Open elsewhere", "This page went on in another tab.");
    return button("Use it here", true);
  }
  if (code === ENDED) {
    sessionStorage.removeItem("token");
    return failed("The computer is done", "To use this phone again, scan the code the computer shows then.");
  }
  if (!opened) {
    try {
      if (!await known()) {
        sessionStorage.removeItem("token");
        return failed("Not joined any more", "Scan the code that the computer shows.");
      }
      if (stopped || line) return;
      if (Way === SocketLine) {   // the computer is there, but lets itself be reached by requests only: see lines.js
        Way = RequestLine;
        return connect();
      }
    } catch { /* no network: that is why we wait and try again */ }
  }
  if (stopped || line) return;
  show("waiting", "Reconnecting", "Looking for the computer", "It goes on by itself as soon as it is found.");
  retry.timer = setTimeout(connect, retry.waitMs);
  retry.waitMs = Math.min(retry.waitMs * 1.6, LONGEST_WAIT_MS);
  letGoTimer ||= setTimeout(closeCamera, LET_GO_AFTER_MS);   // nobody watches: spare the battery
}

function say(message) {
  if (line) line.say(message);
}

function heard(message) {
  if (message.type === "next") {
    if (sentAt) roundMs = performance.now() - sentAt;
    sentAt = 0;
    wish = message;
    askedAt = performance.now();
    throughput = message.throughput_bps;
    showReadings();
  } else if (message.type === "apply") {
    apply(message.number, message.constraints);
  } else if (message.type === "refused") {
    console.warn("The computer refused a message:", message.reason);
  }
}

// ---- camera

async function openCamera(deviceId = sessionStorage.getItem("lens")) {
  const mine = ++opening;
  closeTrack();
  show("starting", "Camera", "Let the page use the camera", "The phone asks for it now.");
  const size = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 20 } };
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: "environment" } };
  let stream;
  try {
    if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
    stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...size, ...which } });
  } catch (error) {
    if (mine !== opening) return;
    if (deviceId && error.name === "OverconstrainedError") {
      sessionStorage.removeItem("lens");
      return openCamera(null);
    }
    const [headline, detail] = {
      NotAllowedError: ["The camera is not allowed", "Allow it for this page in the browser's settings, then start again."],
      NotFoundError: ["No camera found", "This device has no camera that a page may use."],
      NotReadableError: ["The camera is busy", "Another app uses it. Close that, then start again."],
      SecurityError: ["The camera is blocked", "The browser gives it only to pages opened over https."],
    }[error.name] || ["The camera can't be opened", error.message || error.name];
    say({ type: "trouble", text: `${headline}: ${detail}` });
    show("failed", "No camera", headline, detail);
    return button("Start again", true);
  }
  if (mine !== opening || stopped) return stream.getTracks().forEach((some) => some.stop());
  track = stream.getVideoTracks()[0];
  track.onended = () => { if (!stopped && !document.hidden) openCamera(); };
  cameraFrames = changedAtFrame = lastCallback = 0;
  calledAt = performance.now();
  video.srcObject = stream;
  video.play().catch(() => {});   // it plays by itself where that is allowed, and we draw from it in any case
  keepAwake();
  await listLenses();
  if (mine === opening) announce();
}

async function announce() {
  if (!line?.open || !usable(track)) return;
  const settings = track.getSettings();
  let model = "";
  try {
    model = (await navigator.userAgentData?.getHighEntropyValues(["model"]))?.model || "";
  } catch { /* a browser that keeps it to itself: then it is just a phone */ }
  say({
    type: "camera", label: lensName || track.label, model, device: settings.deviceId || "", frame_rate: settings.frameRate || 30,
    capabilities: controlsOf(capabilitiesOf(track)), settings: controlsOf(settings),
  });
  showLive();
}

async function listLenses() {
  const found = await lenses();
  const current = track?.getSettings().deviceId;
  $("lenses").replaceChildren(...found.map(({ id, name }) => {
    const item = document.createElement("button");
    item.type = "button";
    item.setAttribute("role", "radio");
    item.setAttribute("aria-checked", String(id === current));
    item.textContent = name;
    item.onclick = () => {
      sessionStorage.setItem("lens", id);
      openCamera(id);
    };
    return item;
  }));
  $("lenses").hidden = found.length < 2;
  lensName = found.find(({ id }) => id === current)?.name.replace(/^(Front|Back)/, "$1 camera") || "";
}

function closeTrack() {
  if (!track) return;
  track.onended = null;
  release();
  track.stop();
  track = null;
  video.srcObject = null;
}

function closeCamera() {
  opening++;
  closeTrack();
  wakeLock?.release().catch(() => {});
  wakeLock = null;
}

function release() {
  if (!changing) putBack(track);
}

async function apply(number, constraints) {
  const mine = track;
  changing++;
  const problem = await applyTo(mine, constraints);
  changing--;
  changedAtFrame = cameraFrames;
  applied = number;
  if (!line?.open) return release();
  say({ type: "applied", number, settings: mine ? controlsOf(mine.getSettings()) : {}, problem });
}

// ---- pictures

function onCameraFrame(now, metadata) {
  video.requestVideoFrameCallback(onCameraFrame);
  cameraFrames += Math.max(1, metadata.presentedFrames - lastCallback || 1);
  lastCallback = metadata.presentedFrames;
  calledAt = performance.now();
  sendPicture(metadata.captureTime || now);
}

// Where the browser doesn't say when a camera frame is shown (older Firefox, WebKit without a graphics card), the clock
// counts them, rather too few than too many.
function onTick() {
  const now = performance.now();
  const elapsedMs = now - tickedAt;
  tickedAt = now;
  if (now - calledAt < SILENT_CAMERA_MS || !usable(track)) return;
  cameraFrames += Math.min(elapsedMs, 2 * TICK_MS) / 1000 * Math.min(track.getSettings().frameRate || 20, 20);
  sendPicture(now);
}

function sendPicture(takenMs) {
  const early = wish && performance.now() - (sentTimes.at(-1) ?? -1e9) < wish.interval_ms - 8;
  if (!wish || early || encoding || !usable(track) || video.readyState < HAVE_CURRENT_DATA || document.hidden) return;
  const mine = line;
  const asked = wish;
  wish = null;
  encoding = true;
  const scale = Math.min(1, asked.long_side_px / Math.max(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  paper.drawImage(video, 0, 0, canvas.width, canvas.height);
  const header = {
    sequence: sequence++, taken_ms: takenMs, settings: controlsOf(track.getSettings()),
    frames_since_change: changing ? null : Math.floor(cameraFrames - changedAtFrame), applied, round_ms: roundMs,
  };
  canvas.toBlob(async (blob) => {
    const jpeg = blob && await blob.arrayBuffer();
    encoding = false;
    if (mine !== line || !mine?.open) return;
    if (!jpeg) return void (wish = asked);
    const words = new TextEncoder().encode(JSON.stringify(header));
    const message = new Uint8Array(4 + words.length + jpeg.byteLength);
    new DataView(message.buffer).setUint32(0, words.length);
    message.set(words, 4);
    message.set(new Uint8Array(jpeg), 4 + words.length);
    sentAt = performance.now();
    sentTimes.push(sentAt);
    mine.send(message);
  }, "image/jpeg", asked.quality);
}

// ---- the phone's own life

async function keepAwake() {
  try {
    wakeLock = await navigator.wakeLock.request("screen");
    wakeLock.onrelease = () => { wakeLock = null; };
  } catch {
    wakeLock = null;   // no such thing here, or the battery is low: the phone decides
  }
  fine();
}

document.addEventListener("visibilitychange", () => {
  if (stopped) return;
  if (document.hidden) {
    say({ type: "trouble", text: "The phone's screen is locked, or another app is in front." });
    closeCamera();
  } else if (line?.check(SLEPT_MS)) {
    openCamera();
  } else {
    connect();
  }
});

addEventListener("online", connect);
addEventListener("hashchange", () => { if (location.hash) location.reload(); });   // another code, in this tab
addEventListener("pagehide", () => {
  line?.close();
  line = null;
  closeCamera();
});
addEventListener("pageshow", (event) => { if (event.persisted) connect(); });

$("stop").addEventListener("click", () => {
  if (document.body.dataset.state === "failed" || stopped) {
    stopped = false;
    button("Stop", false);
    return line?.open ? openCamera() : secret ? join() : connect();
  }
  stopped = true;
  clearTimeout(retry.timer);
  say({ type: "bye" });
  line?.close();
  line = null;
  closeCamera();
  show("stopped", "Stopped", "The camera is off", "Nothing is sent any more.");
  button("Start again", true);
});

if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(onCameraFrame);
setInterval(onTick, TICK_MS);
setInterval(showReadings, 500);
join();
