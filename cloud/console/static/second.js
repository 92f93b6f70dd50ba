// A security key is asked by the browser; what it answers is sent with the form. Without
// a key that answers, the form stays and says so.
(() => {
  const show = (id) => { document.getElementById(id).hidden = false; };
  for (const form of document.querySelectorAll("form[data-key]")) {
    const kind = window.PublicKeyCredential;
    if (!kind?.parseRequestOptionsFromJSON) {
      show("key-cannot");
      form.querySelector("button").disabled = true;
      continue;
    }
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      document.getElementById("key-failed").hidden = true;
      const options = JSON.parse(form.dataset.options);
      try {
        const key = form.dataset.key === "create"
          ? await navigator.credentials.create({ publicKey: kind.parseCreationOptionsFromJSON(options) })
          : await navigator.credentials.get({ publicKey: kind.parseRequestOptionsFromJSON(options) });
        form.elements.answer.value = JSON.stringify(key.toJSON());
        form.submit();
      } catch {
        show("key-failed");
        form.querySelector("button").removeAttribute("aria-busy");
      }
    });
  }
})();
