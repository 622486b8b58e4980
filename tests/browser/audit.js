// What a page lacks for people who cannot see it, see little, have no mouse, or a small screen: one sentence each.
() => {
  const problems = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const told = (element) => element.outerHTML.slice(0, 120).replace(/\s+/g, " ");
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true });
  };

  // Names and structure.
  if (!document.documentElement.lang) problems.push("the page names no language");
  if (!document.title) problems.push("the page has no title");
  if (all("main").length !== 1) problems.push("there is not one main");
  if (all("h1").length !== 1) problems.push("there is not one h1");
  const ids = all("[id]").map((element) => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) problems.push(`twice the id ${id}`);
  for (const element of all("[aria-labelledby], [aria-describedby], label[for]"))
    for (const name of ["aria-labelledby", "aria-describedby", "for"])
      for (const id of (element.getAttribute(name) || "").split(" ").filter(Boolean))
        if (!ids.includes(id)) problems.push(`${name} leads nowhere: ${told(element)}`);
  for (const field of all("input:not([type=hidden]), textarea, select"))
    if (!field.labels.length && !field.ariaLabel) problems.push(`no label: ${told(field)}`);
  for (const control of all("button, a[href], summary"))
    if (!(control.ariaLabel || control.textContent).trim()) problems.push(`no name: ${told(control)}`);
  for (const image of all("img:not([alt])")) problems.push(`no alt: ${told(image)}`);
  let level = 0;
  for (const heading of all("h1, h2, h3, h4, h5, h6").filter((heading) => heading.checkVisibility())) {
    const own = Number(heading.tagName[1]);
    if (level && own > level + 1) problems.push(`a heading of level ${own} below one of ${level}: ${told(heading)}`);
    level = own;
  }

  // Fingers and small screens.
  for (const control of all("button, input:not([type=hidden]), textarea, nav a, summary, .key").filter(seen)) {
    const box = control.getBoundingClientRect();
    if (box.width < 24 || box.height < 24) problems.push(`too small to tap: ${told(control)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) problems.push("the page scrolls sideways");

  for (const box of all("body *").filter(seen)) {
    const scrolls = /auto|scroll/.test(getComputedStyle(box).overflowY) && box.scrollHeight > box.clientHeight + 1;
    const reached = box.matches("[tabindex], textarea") || box.querySelector("a[href], button, [tabindex]");
    if (scrolls && !reached) problems.push(`scrolls, but not with the keyboard: ${told(box)}`);
  }

  // Contrast of text, as WCAG 2 computes it.
  const parts = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const over = (top, bottom) => top.rgb.map((value, at) => value * top.alpha + bottom[at] * (1 - top.alpha));
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const own = parts(getComputedStyle(element).backgroundColor);
    return own.alpha === 1 ? own.rgb : over(own, behind(element.parentElement));
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const judge = (element, style, paper) => {
    const [dark, light] = [luminance(over(parts(style.color), paper)), luminance(paper)].sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) problems.push(`contrast of ${ratio.toFixed(2)}: ${told(element)}`);
  };
  for (const field of all("[placeholder]").filter(seen))
    judge(field, getComputedStyle(field, "::placeholder"), behind(field));
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const checked = new Set();
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || checked.has(element) || !seen(element)) continue;
    checked.add(element);
    judge(element, getComputedStyle(element), behind(element));
  }
  return problems;
}
