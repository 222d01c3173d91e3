// "What you know about me": every opinion with where it comes from, to correct or remove; export; delete.
import { confirmed, openDialog } from "./dialogs.js";
import { el, foreign, icon, spoken } from "./dom.js";
import { itemSearch } from "./itemsearch.js";
import { opinionButtons } from "./opinions.js";
import { toast } from "./toast.js";
import { followed, relationChart } from "./why.js";

function byItem(known) {
  const items = new Map();
  for (const one of [...known].sort((a, b) => b.created - a.created)) {
    if (!items.has(one.id)) items.set(one.id, one);
  }
  return [...items.values()];
}

function source(known, dialogues, openDialogue) {
  if (!known.dialogue) return el("span", { class: "from" }, "You pressed a button.");
  const title = dialogues.find((d) => d.id === known.dialogue)?.title || "a conversation";
  const open = () => openDialogue(known.dialogue);
  return el(
    "span",
    { class: "from" },
    "From ",
    el("button", { type: "button", class: "link-button", onclick: open }, "“", foreign(title), "”"),
  );
}

function knownRow(known, dialogues, opinions, openDialogue) {
  const remove = () => {
    opinions.clear(known.id, known.name).catch((problem) => toast(`That did not work. ${problem.message}`));
  };
  return el(
    "li",
    { class: "known" },
    el("span", { class: "known-text" },
      el("span", { class: "known-name" }, foreign(known.name)),
      source(known, dialogues, openDialogue),
    ),
    opinionButtons(opinions, known.id, known.name),
    el("button", { type: "button", class: "icon-button small", onclick: remove }, icon("trash"), spoken(`Forget ${known.name}`)),
  );
}

function knownList(profile, opinions, openDialogue) {
  const items = byItem(profile.opinions);
  if (!items.length) return el("p", { class: "quiet" }, "Nothing yet. Say what you like, or look something up below.");
  const rows = items.map((known) => {
    const row = knownRow(known, profile.dialogues, opinions, openDialogue);
    const show = () => row.classList.toggle("forgotten", opinions.of(known.id).size === 0);
    opinions.watch(known.id, show);
    return row;
  });
  return el("ul", { class: "known-list" }, rows);
}

async function download(api, user) {
  const text = JSON.stringify(await api.exportUser(user), null, 2);
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = el("a", { href: address, download: `ccrs-${user}.json` });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

function footer(api, user, onDeleted) {
  const save = async () => {
    try {
      await download(api, user);
    } catch (problem) {
      toast(problem.kind === "missing" ? "Nothing is stored about you yet." : problem.message);
    }
  };
  const away = async () => {
    const text = "All conversations, opinions and all that was learnt from them are deleted. This cannot be undone.";
    if (!(await confirmed(`Delete everything about ${user}?`, text, "Delete everything"))) return;
    try {
      await api.deleteUser(user);
    } catch (problem) {
      if (problem.kind !== "missing") {
        toast(problem.message);
        return;
      }
    }
    onDeleted();
  };
  return el(
    "div",
    { class: "dialog-foot" },
    el("button", { type: "button", class: "plain-button", onclick: save }, icon("save"), "Export as JSON"),
    el("button", { type: "button", class: "danger-button", onclick: away }, icon("trash"), "Delete everything"),
  );
}

/** Opens the panel; `on` is `{open(dialogue), deleted()}`. */
export function showProfile(api, profile, opinions, on) {
  opinions.learnAll(profile);
  const { user, relations } = profile;
  const open = (dialogue) => {
    dialog.close("");
    on.open(dialogue);
  };
  const deleted = () => {
    dialog.close("");
    on.deleted();
  };
  const { dialog, heading } = openDialog(
    "What I know about you",
    "profile",
    el(
      "div",
      { class: "dialog-body" },
      el("p", { class: "quiet" }, "You are ", foreign(user), ". Change or remove whatever is wrong: it counts at once."),
      el("h3", {}, "What you said"),
      knownList(profile, opinions, open),
      itemSearch(api, opinions),
      el("h3", {}, "What you follow"),
      el("p", {}, followed(relations, 0)),
      relations.length ? relationChart({ relations, mentions: [] }) : null,
    ),
    footer(api, user, deleted),
  );
  heading.focus();
}
