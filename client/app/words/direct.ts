/** Of recordings that browsers fetch from their storage, and not through the server. */
export const direct = {
  switchOn: "Play straight from the storage",
  switchOff: "Play through this server",
  title: (name: string) => `Play straight from ${name}?`,
  texts: [
    "Browsers of this band then fetch recordings from the storage itself, which takes that work off this server.",
    "For it they get an address that works for five minutes for whoever has it, also if they are signed out or leave the band meanwhile; what has begun to play plays to its end. Public links and downloads still come through this server.",
  ],
  isOn: (name: string) => `Recordings now come straight from ${name}.`,
  isOff: (name: string) => `Recordings of ${name} come through this server again.`,
  fact: "Plays",
  straight: "Straight from the storage",
};
