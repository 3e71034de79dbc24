// What a page does besides being read. Without it everything works: times are in UTC, and texts are
// selected and copied by hand.

/** Times in the visitor's own zone; what the server wrote stays in the title. */
function localTimes() {
  const language = document.documentElement.lang;
  const format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.getAttribute("datetime") ?? "");
    if (Number.isNaN(moment.getTime())) continue;
    time.setAttribute("title", time.textContent ?? "");
    time.textContent = format.format(moment);
  }
}

/** Buttons that copy the text beside them. */
function copyButtons() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.removeAttribute("hidden");
    button.addEventListener("click", async () => {
      const codes = button.parentElement?.querySelectorAll("code") ?? [];
      const text = Array.from(codes, (code) => code.textContent ?? "").join("\n");
      const label = button.textContent;
      await navigator.clipboard.writeText(text);
      button.textContent = document.body.dataset.copied ?? label;
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }
}

localTimes();
copyButtons();
