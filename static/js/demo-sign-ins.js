// The demo's sign-in page: a click on one of its users fills the form and signs in.
for (const button of document.querySelectorAll("[data-demo-sign-in]")) {
  button.addEventListener("click", () => {
    const form = document.querySelector("form input[name=login]")?.form;
    if (!form) return;
    form.elements.login.value = button.dataset.demoSignIn;
    form.elements.password.value = button.dataset.demoPassword;
    form.requestSubmit();
  });
}
