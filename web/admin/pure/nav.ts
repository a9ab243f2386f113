import { BASE } from "./route.ts";

/** The screens one goes to from anywhere. Pure. */
export const NAV = [
  { screen: "board", text: "Board", address: `${BASE}/`, keys: "g b" },
  {
    screen: "decisions",
    text: "Decisions",
    address: `${BASE}/decisions`,
    keys: "g d",
  },
  {
    screen: "instances",
    text: "Instances",
    address: `${BASE}/instances`,
    keys: "g i",
  },
  { screen: "agents", text: "Agents", address: `${BASE}/agents`, keys: "g a" },
  { screen: "audit", text: "Audit", address: `${BASE}/audit`, keys: "g l" },
  {
    screen: "settings",
    text: "Settings",
    address: `${BASE}/settings`,
    keys: "g s",
  },
] as const;
export type Screen = typeof NAV[number]["screen"];
