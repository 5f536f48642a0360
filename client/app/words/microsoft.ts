import { createOAuthWords } from "./oauth.ts";

export const microsoft = createOAuthWords({
  storage: "OneDrive",
  company: "Microsoft",
  text: "You sign in at Microsoft, with a personal account or one of work or school, and allow Backline to read your files. It can change nothing, and your password is never typed here.",
  notes: [
    "Microsoft says that Backline may read all files that you can open. That includes folders which others share with you; only the folder that you choose next is read.",
    "With an account of work or school, Microsoft may want its administrator to agree first.",
    "A client secret at Microsoft ends after two years at the latest. Backline says so on the storage’s card then; make a new one and enter it here.",
  ],
  client: {
    text: "Microsoft wants to know who asks. It takes about five minutes, once, and costs nothing.",
    steps: [
      "Open entra.microsoft.com and sign in. Under App registrations, press New registration and name it Backline.",
      "Under Supported account types, choose accounts in any organizational directory and personal Microsoft accounts.",
      "Under Redirect URI, choose Web, enter the one below, and press Register.",
      "Copy the Application (client) ID from the Overview here.",
      "Under Certificates & secrets, press New client secret, choose how long it lasts, and press Add.",
      "Copy its Value here, not its Secret ID. It is shown only once.",
    ],
  },
  why: {
    no_files:
      "Microsoft did not give the permission to read files. Connect again and accept it; for an account of work or school, its administrator may have to agree first.",
    client:
      "Microsoft refuses the client ID or its secret: the secret may have ended, or its Secret ID was entered instead of its Value. Check them, then connect again.",
  },
});
