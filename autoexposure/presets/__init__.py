"""Presets: settings of a camera under a name, to be had again at one key. Start in `preset`."""
