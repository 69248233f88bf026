// The camera's track: what can be set on it, setting it, and putting it back.

import { pause } from "./lines.js";

const CONTROLS = ["exposureMode", "exposureTime", "iso", "exposureCompensation"];

export const usable = (track) => Boolean(track && track.readyState === "live");

export function capabilitiesOf(track) {
  return track && track.getCapabilities ? track.getCapabilities() : {};   // Firefox on Android has none
}

export function controlsOf(values) {
  return Object.fromEntries(CONTROLS.filter((name) => name in values).map((name) => [name, values[name]]));
}

// "manual": time and ISO are ours; "shift": only the automatic's target can be moved; "": nothing can be set.
export function kindOf(track) {
  const { exposureMode = [], exposureTime, iso, exposureCompensation } = capabilitiesOf(track);
  if (exposureMode.includes("manual") && (exposureTime || iso)) return "manual";
  return exposureCompensation ? "shift" : "";
}

const near = (asked, got) => typeof asked === "string" ? asked === got : Math.abs(asked - got) <= 0.02 * Math.abs(asked) + 0.01;

// Constraints in "advanced" that can't be met are skipped without a word, and some browsers read a value back before
// the camera has it. So it is looked at, and tried again: mode and values together, then one after the other; until
// what was asked is there, or something else that stays. Returns what went wrong, in the browser's words, or nothing.
export async function applyTo(track, constraints) {
  const read = () => JSON.stringify(controlsOf(track.getSettings()));
  try {
    const before = usable(track) ? read() : "";
    for (let tried = 0, last = before; tried < 5 && usable(track); tried++) {
      if (tried) await pause(40 * tried);
      if (tried && constraints.exposureMode) {
        await track.applyConstraints({ advanced: [{ exposureMode: constraints.exposureMode }] });
      }
      await track.applyConstraints({ advanced: [constraints] });
      const now = track.getSettings();
      if (Object.entries(constraints).every(([name, value]) => near(value, now[name]))) break;
      const seen = read();
      if (seen === last && seen !== before) break;
      last = seen;
    }
  } catch (error) {
    return error.message || error.name;
  }
  return "";
}

// What the computer has set is undone here, so that it is undone even if the computer has gone.
export function putBack(track) {
  if (!usable(track)) return;
  const capabilities = capabilitiesOf(track);
  const undo = {};
  if ((capabilities.exposureMode || []).includes("continuous")) undo.exposureMode = "continuous";
  if (capabilities.exposureCompensation) undo.exposureCompensation = 0;
  if (Object.keys(undo).length) track.applyConstraints({ advanced: [undo] }).catch(() => {});
}

// {id, name} of every camera there is, named as a person would.
export async function lenses() {
  const devices = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  const counts = {};
  const sides = devices.map(({ deviceId, label }) => {
    const side = /front/i.test(label) ? "Front" : /back|rear/i.test(label) ? "Back" : "";
    counts[side] = (counts[side] || 0) + 1;
    return { id: deviceId, side, number: counts[side] };
  });
  return sides.map(({ id, side, number }, at) => ({
    id, name: side ? side + (counts[side] > 1 ? ` ${number}` : "") : sides.length > 1 ? `Lens ${at + 1}` : "",
  }));
}
