// The camera's track: what can be set on it, setting it, and putting it back.

import { pause } from "./lines.js";

// What can be set, and which mode has it: under "continuous" the value is the phone's own.
const MODE_OF = {
  exposureTime: "exposureMode", iso: "exposureMode", colorTemperature: "whiteBalanceMode", focusDistance: "focusMode",
};
const BESIDE = [
  "whiteBalanceMode", "colorTemperature", "focusMode", "focusDistance", "brightness", "contrast", "saturation", "sharpness",
];
const CONTROLS = ["exposureMode", "exposureTime", "iso", "exposureCompensation", ...BESIDE];

const asked = new WeakMap();   // all that the computer wants of a track: a browser may forget what isn't said again
const found = new WeakMap();   // what it was set to before, of what is set beside exposure

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

// Without the values that their mode leaves to the phone.
const sensible = (wanted) => Object.fromEntries(
  Object.entries(wanted).filter(([name]) => !(wanted[MODE_OF[name]] && wanted[MODE_OF[name]] !== "manual")),
);

function remember(track, constraints) {
  const now = track.getSettings();
  const before = found.get(track) || {};
  for (const name of BESIDE) {
    if (name in constraints && !(name in before) && name in now) before[name] = now[name];
  }
  found.set(track, before);
  const all = sensible({ ...asked.get(track), ...constraints });
  asked.set(track, all);
  return all;
}

const near = (asked, got) => typeof asked === "string" ? asked === got : Math.abs(asked - got) <= 0.02 * Math.abs(asked) + 0.01;

// Constraints in "advanced" that can't be met are skipped without a word, and some browsers read a value back before
// the camera has it. So it is looked at, and tried again: mode and values together, then one after the other; until
// what was asked is there, or something else that stays. Returns what went wrong, in the browser's words, or nothing.
export async function applyTo(track, constraints) {
  const read = () => JSON.stringify(controlsOf(track.getSettings()));
  try {
    const before = usable(track) ? read() : "";
    const all = usable(track) ? remember(track, constraints) : constraints;
    for (let tried = 0, last = before; tried < 5 && usable(track); tried++) {
      if (tried) await pause(40 * tried);
      if (tried && constraints.exposureMode) {
        await track.applyConstraints({ advanced: [{ exposureMode: constraints.exposureMode }] });
      }
      await track.applyConstraints({ advanced: [all] });
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
  const undo = sensible(found.get(track) || {});
  asked.delete(track);
  found.delete(track);
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
