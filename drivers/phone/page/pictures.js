// Takes pictures from the video as the computer asks for them: one at a time, each with the settings that it was made with.

import { controlsOf, usable } from "./lens.js";

const HAVE_CURRENT_DATA = 2;
const TICK_MS = 50;
const SILENT_CAMERA_MS = 700;   // a camera in the dark may be as slow as that
const PAUSED_MS = 4000;
const COUNTED_MS = 2000;

export class Pictures {
  // send(bytes) takes a picture to the computer
  constructor(video, send) {
    this.video = video;
    this.send = send;
    this.canvas = document.createElement("canvas");
    this.paper = this.canvas.getContext("2d", { alpha: false });
    this.encoding = false;
    this.sequence = this.changing = this.applied = this.talk = this.askedAt = this.tickedAt = 0;
    this.sentTimes = [];
    this.of(null);
    this.talkAnew();
    if (video.requestVideoFrameCallback) this.nextFrame();
    setInterval(() => this.tick(), TICK_MS);
  }

  // From now on they are of this track.
  of(track) {
    this.track = track;
    this.cameraFrames = this.changedAtFrame = this.presented = 0;
    this.calledAt = performance.now();
  }

  // Another line, or none: nothing has been asked for on it, and what is being made belongs to the one before.
  talkAnew() {
    this.talk++;
    this.wish = null;   // what the computer asked for with its last "next"
    this.sentAt = this.roundMs = 0;
  }

  asked(wish) {
    if (this.sentAt) this.roundMs = performance.now() - this.sentAt;
    this.sentAt = 0;
    this.wish = wish;
    this.askedAt = performance.now();
  }

  // Runs what changes the track's settings: a picture taken meanwhile can't say what made it.
  async during(number, change) {
    this.changing++;
    const came = await change();
    this.changing--;
    this.changedAtFrame = this.cameraFrames;
    this.applied = number;
    return came;
  }

  // How many are sent in a second.
  get rate() {
    const since = performance.now() - COUNTED_MS;
    this.sentTimes = this.sentTimes.filter((time) => time > since);
    return Math.round(this.sentTimes.length * 1000 / COUNTED_MS);
  }

  // Whether the computer has asked for none lately: it shows another camera, or is busy.
  get paused() {
    return !this.wish && performance.now() - this.askedAt > PAUSED_MS;
  }

  nextFrame() {
    this.video.requestVideoFrameCallback((now, { presentedFrames, captureTime }) => {
      this.nextFrame();
      this.cameraFrames += Math.max(1, presentedFrames - this.presented || 1);
      this.presented = presentedFrames;
      this.calledAt = performance.now();
      this.make(captureTime || now);
    });
  }

  // Where the browser doesn't say when a camera frame is shown (older Firefox, WebKit without a graphics card), the
  // clock counts them, rather too few than too many.
  tick() {
    const now = performance.now();
    const elapsedMs = now - this.tickedAt;
    this.tickedAt = now;
    if (now - this.calledAt < SILENT_CAMERA_MS || !usable(this.track)) return;
    this.cameraFrames += Math.min(elapsedMs, 2 * TICK_MS) / 1000 * Math.min(this.track.getSettings().frameRate || 20, 20);
    this.make(now);
  }

  make(takenMs) {
    const { video, canvas, wish, track, talk } = this;
    const early = wish && performance.now() - (this.sentTimes.at(-1) ?? -1e9) < wish.interval_ms - 8;
    if (!wish || early || this.encoding || !usable(track) || video.readyState < HAVE_CURRENT_DATA || document.hidden) return;
    this.wish = null;
    this.encoding = true;
    const scale = Math.min(1, wish.long_side_px / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    this.paper.drawImage(video, 0, 0, canvas.width, canvas.height);
    const header = {
      sequence: this.sequence++, taken_ms: takenMs, settings: controlsOf(track.getSettings()),
      frames_since_change: this.changing ? null : Math.floor(this.cameraFrames - this.changedAtFrame),
      applied: this.applied, round_ms: this.roundMs,
    };
    canvas.toBlob(async (blob) => {
      const jpeg = blob && await blob.arrayBuffer();
      this.encoding = false;
      if (talk !== this.talk) return;
      if (!jpeg || track !== this.track) return void (this.wish = wish);   // another lens answers it
      this.sentAt = performance.now();
      this.sentTimes.push(this.sentAt);
      this.send(packed(header, jpeg));
    }, "image/jpeg", wish.quality);
  }
}

// Four bytes with the length of the header, the header, the JPEG.
function packed(header, jpeg) {
  const words = new TextEncoder().encode(JSON.stringify(header));
  const message = new Uint8Array(4 + words.length + jpeg.byteLength);
  new DataView(message.buffer).setUint32(0, words.length);
  message.set(words, 4);
  message.set(new Uint8Array(jpeg), 4 + words.length);
  return message;
}
