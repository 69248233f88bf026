// The phone's side: joins the computer, takes the camera, and applies what the computer wants.

import { RequestLine, SocketLine, ask } from "./lines.js";
import { applyTo, capabilitiesOf, controlsOf, lenses, putBack, usable } from "./lens.js";
import { Pictures } from "./pictures.js";
import { $, button, show, showAwake, showLenses, showLive, showReadings, shown } from "./screen.js";

const REPLACED = 4001;
const ENDED = 4002;
const ANSWER_MS = 8000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 4000;
const LET_GO_AFTER_MS = 60000;
const SLEPT_MS = 5000;
const READINGS_MS = 500;

const video = $("video");
const pictures = new Pictures(video, (bytes) => line?.send(bytes));

let secret = location.hash.slice(1);   // good for joining once
let line = null;            // to the computer, while it is open or opening
let Way = SocketLine;
let throughputBps = 0;
let track = null;           // the camera's video track
let lensName = "";
let opening = 0;            // running number: a camera that was asked for later wins
let wakeLock = null;
let stopped = false;        // by the person: nothing happens until they start again
let waitMs = FIRST_WAIT_MS;
let retryTimer = 0;
let letGoTimer = 0;

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
  button(again);
}

// ---- connection

function connect() {
  if (stopped || line) return;
  clearTimeout(retryTimer);
  if (shown() !== "waiting") show("starting", "Connecting", "Connecting to the computer");
  const mine = line = new Way(sessionStorage.getItem("token"), {
    opened() {
      if (line !== mine) return;
      waitMs = FIRST_WAIT_MS;
      clearTimeout(letGoTimer);
      letGoTimer = 0;
      pictures.talkAnew();
      if (usable(track)) announce(); else openCamera();
    },
    heard(message) { if (line === mine) heard(message); },
    closed(code, opened) { if (line === mine) lost(code, opened); },
  });
}

async function lost(code, opened) {
  line = null;
  pictures.talkAnew();
  release();
  if (stopped) return;
  if (code === REPLACED) {
    stopped = true;
    closeCamera();
    show("failed", "Elsewhere", "Open elsewhere", "This page went on in another tab.");
    return button("Use it here");
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
  show("waiting", "Reconnecting", "Looking for the computer", "It continues automatically once found.");
  retryTimer = setTimeout(connect, waitMs);
  waitMs = Math.min(waitMs * 1.6, LONGEST_WAIT_MS);
  letGoTimer ||= setTimeout(closeCamera, LET_GO_AFTER_MS);   // nobody watches: spare the battery
}

function heard(message) {
  if (message.type === "next") {
    throughputBps = message.throughput_bps;
    pictures.asked(message);
    showReadings(track, pictures, throughputBps);
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
    line?.say({ type: "trouble", text: `${headline}: ${detail}` });
    show("failed", "No camera", headline, detail);
    return button("Start again");
  }
  if (mine !== opening || stopped) return stream.getTracks().forEach((some) => some.stop());
  track = stream.getVideoTracks()[0];
  track.onended = () => { if (!stopped && !document.hidden) openCamera(); };
  pictures.of(track);
  video.srcObject = stream;
  video.play().catch(() => {});   // it plays by itself where that is allowed, and we draw from it in any case
  keepAwake();
  const found = await lenses();
  if (mine !== opening) return;
  const current = track.getSettings().deviceId;
  lensName = found.find(({ id }) => id === current)?.name.replace(/^(Front|Back)/, "$1 camera") || "";
  showLenses(found, current, (id) => {
    sessionStorage.setItem("lens", id);
    openCamera(id);
  });
  announce();
}

async function announce() {
  let model = "";
  try {
    model = (await navigator.userAgentData?.getHighEntropyValues(["model"]))?.model || "";
  } catch { /* a browser that keeps it to itself: then it is just a phone */ }
  if (!line?.open || !usable(track)) return;
  const settings = track.getSettings();
  line.say({
    type: "camera", label: lensName || track.label, model, device: settings.deviceId || "", frame_rate: settings.frameRate || 30,
    capabilities: controlsOf(capabilitiesOf(track)), settings: controlsOf(settings),
  });
  pictures.askedAt = performance.now();
  showLive(track);
  showReadings(track, pictures, throughputBps);
}

function closeTrack() {
  if (!track) return;
  track.onended = null;
  release();
  track.stop();
  track = null;
  pictures.of(null);
  video.srcObject = null;
}

function closeCamera() {
  opening++;
  closeTrack();
  wakeLock?.release().catch(() => {});
  wakeLock = null;
}

function release() {
  if (!pictures.changing) putBack(track);
}

async function apply(number, constraints) {
  const mine = track;
  const problem = await pictures.during(number, () => applyTo(mine, constraints));
  if (!line?.open) return release();
  line.say({ type: "applied", number, settings: mine ? controlsOf(mine.getSettings()) : {}, problem });
}

// ---- the phone's own life

async function keepAwake() {
  let lock = null;
  try {
    lock = wakeLock || await navigator.wakeLock.request("screen");
  } catch { /* no such thing here, or the battery is low: the phone decides */ }
  if (lock && (!track || (wakeLock && wakeLock !== lock))) {   // stopped meanwhile, or there is one already
    lock.release().catch(() => {});
    lock = wakeLock;
  }
  wakeLock = lock;
  if (lock) lock.onrelease = () => { if (wakeLock === lock) wakeLock = null; };
  showAwake(Boolean(lock));
}

document.addEventListener("visibilitychange", () => {
  if (stopped) return;
  if (document.hidden) {
    line?.say({ type: "trouble", text: "The phone's screen is locked, or another app is in front." });
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
  if (shown() === "failed" || stopped) {
    stopped = false;
    button("Stop", true);
    return line?.open ? openCamera() : secret ? join() : connect();
  }
  stopped = true;
  clearTimeout(retryTimer);
  line?.say({ type: "bye" });
  line?.close();
  line = null;
  pictures.talkAnew();
  closeCamera();
  show("stopped", "Stopped", "The camera is off", "Nothing is sent any more.");
  button("Start again");
});

setInterval(() => showReadings(track, pictures, throughputBps), READINGS_MS);
join();
