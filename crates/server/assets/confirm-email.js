// The code is behind `#`, which no browser sends to a server: only the button does. A program that opens links to
// look at them confirms nothing.
"use strict";

const WORDS = {
  en: {
    title: "Confirm your email address",
    text: "Press the button to confirm that this address is yours.",
    project: "Press the button to confirm for {project} that this address is yours.",
    registration:
      "{project}: confirm that you have begun a registration with this address. If you have not, close this page.",
    confirm: "Confirm",
    done: "Your email address is confirmed. You can close this page.",
    over: "This link is not valid any more. Ask for another.",
    later: "That did not work. Try again in a moment.",
  },
  es: {
    title: "Confirma tu correo electrónico",
    text: "Pulsa el botón para confirmar que esta dirección es tuya.",
    project: "Pulsa el botón para confirmar a {project} que esta dirección es tuya.",
    registration:
      "{project}: confirma que has iniciado un registro con esta dirección. Si no es así, cierra esta página.",
    confirm: "Confirmar",
    done: "Tu correo electrónico está confirmado. Puedes cerrar esta página.",
    over: "Este enlace ya no es válido. Solicita otro.",
    later: "No ha funcionado. Inténtalo de nuevo en un momento.",
  },
  pt: {
    title: "Confirme o seu e-mail",
    text: "Clique no botão para confirmar que este endereço é seu.",
    project: "Clique no botão para confirmar a {project} que este endereço é seu.",
    registration:
      "{project}: confirme que iniciou um cadastro com este endereço. Se não foi você, feche esta página.",
    confirm: "Confirmar",
    done: "O seu e-mail está confirmado. Você pode fechar esta página.",
    over: "Este link não é mais válido. Peça outro.",
    later: "Não funcionou. Tente novamente em instantes.",
  },
};

const { project, confirms, language: asked } = document.getElementById("link").dataset;
// As the email was written, else as the browser wants it.
const wanted = [asked, ...navigator.languages.map((it) => it.slice(0, 2))];
const language = wanted.find((it) => it in WORDS) ?? "en";
const words = WORDS[language];
const [title, text, button] = ["title", "text", "confirm"].map((id) => document.getElementById(id));
document.documentElement.lang = language;
document.title = title.textContent = words.title;
// Whoever asked for the link need not be who reads this: the page says for whom it confirms what.
const sentence = confirms === "registration" ? words.registration : words.project;
text.textContent = project === "" ? words.text : sentence.replace("{project}", () => project);
button.textContent = words.confirm;

const id = location.pathname.split("/").pop();
const code = location.hash.slice(1);
// Another link of the same validation was opened in this tab.
addEventListener("hashchange", () => location.reload());

function end(message) {
  text.textContent = message;
  button.hidden = true;
  // Until here a page that is loaded again needs the code. It has done its work: nobody finds it in the history.
  history.replaceState(null, "", location.pathname);
}

if (code === "") {
  end(words.over);
}

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    const answer = await fetch(`/v2/email-validations/${encodeURIComponent(id)}/validate`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ verificationCode: code }),
    });
    const { data, message } = await answer.json();
    if (answer.ok || message === "already_validated") {
      end(words.done);
      if (data?.redirectUrl) {
        const next = new URL(data.redirectUrl);
        if (data.token) {
          next.searchParams.set("type", data.type);
          next.searchParams.set("token", data.token);
        }
        location.replace(next);
      }
    } else if (answer.status === 429 || answer.status >= 500) {
      text.textContent = words.later;
      button.disabled = false;
    } else {
      end(words.over);
    }
  } catch {
    text.textContent = words.later;
    button.disabled = false;
  }
});
