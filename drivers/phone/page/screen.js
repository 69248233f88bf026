// What the page shows: its state in words, the exposure in force, one big button.

import { kindOf } from "./lens.js";

const SLOW_BPS = 600e3;

export const $ = (id) => document.getElementById(id);

const NOTES = {
  manual: "",
  shift: "This browser only lets its automatic be shifted, so the computer steers that.",
  "": "This browser lets no page set the exposure. The computer sees and judges the pictures, no more.",
};

// state: starting, live, waiting, stopped or failed
export function show(state, pill, headline = "", detail = "") {
  document.body.dataset.state = state;
  $("state").textContent = pill;
  $("headline").textContent = headline;
  $("detail").textContent = detail;
}

export const shown = () => document.body.dataset.state;

// A red one stops, any other goes on; without text there is none.
export function button(text, stops = false) {
  $("stop-text").textContent = text;
  $("stop").classList.toggle("go", !stops);
  $("stop").hidden = !text;
}

export function showLive(track) {
  show("live", "Live");
  button("Stop", true);
  const note = NOTES[kindOf(track)];
  $("note").textContent = note;
  $("note").hidden = !note;
}

export function showAwake(awake) {
  $("fine").textContent = `Pictures go to ${location.hostname} and nowhere else.` + (awake ? " The screen stays on." : "");
}

export function showReadings(track, pictures, throughputBps) {
  if (shown() !== "live" || !track) return;
  const now = track.getSettings();
  const kind = kindOf(track);
  const manual = kind === "manual" && now.exposureMode === "manual";
  $("time").textContent = manual && now.exposureTime ? shutter(now.exposureTime) : "auto";
  $("second-name").textContent = kind === "shift" ? "Shift" : "ISO";
  $("iso").textContent = kind === "shift" ? shift(now.exposureCompensation || 0)
    : !manual ? "auto" : now.iso ? String(Math.round(now.iso)) : "–";
  $("rate-name").textContent = throughputBps > 0 && throughputBps < SLOW_BPS ? "Slow link" : "Sending";
  $("rate").textContent = `${pictures.rate}/s`;
  document.body.classList.toggle("paused", pictures.paused);
  $("state").textContent = pictures.paused ? "Paused" : "Live";
}

// A list of {id, name}; chosen(id) is called when the person taps one.
export function showLenses(found, current, chosen) {
  $("lenses").replaceChildren(...found.map(({ id, name }) => {
    const item = document.createElement("button");
    item.type = "button";
    item.setAttribute("role", "radio");
    item.setAttribute("aria-checked", String(id === current));
    item.textContent = name;
    item.onclick = () => chosen(id);
    return item;
  }));
  $("lenses").hidden = found.length < 2;
}

const shift = (ev) => `${ev > 0 ? "+" : ev < 0 ? "−" : ""}${Math.abs(ev).toFixed(1)} EV`;

function shutter(units) {
  const seconds = units / 10000;
  return seconds >= 0.4 ? `${+seconds.toPrecision(2)} s` : `1/${Math.round(1 / seconds)} s`;
}
