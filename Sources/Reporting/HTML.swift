// SPDX-License-Identifier: Apache-2.0
package import Text

/// A piece of well-formed HTML or SVG.
package struct HTML {
  package private(set) var source: String

  private init(source: String) { self.source = source }

  /// Text, escaped.
  package init(_ text: String) {
    source = ""
    for character in text {
      switch character {
      case "&": source += "&amp;"
      case "<": source += "&lt;"
      case ">": source += "&gt;"
      case "\"": source += "&quot;"
      default: source.append(character)
      }
    }
  }

  /// An element; one without children closes itself.
  package static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [HTML] = []
  ) -> HTML {
    let list = attributes.map { " \($0)=\"\(HTML($1).source)\"" }.joined()
    if children.isEmpty && !Self.neverEmpty.contains(name) {
      return HTML(source: "<\(name)\(list)/>")
    }
    return HTML(source: "<\(name)\(list)>\(children.map(\.source).joined())</\(name)>")
  }

  /// An element that holds text.
  package static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ text: String
  ) -> HTML { element(name, attributes, [HTML(text)]) }

  /// Browsers do not let these close themselves.
  private static let neverEmpty: Set = [
    "a", "div", "figure", "figcaption", "p", "section", "span", "table", "tbody", "td", "th",
  ]

  /// A style sheet or a script, as it is.
  private static func raw(_ name: String, _ content: String) -> HTML {
    HTML(source: "<\(name)>\n\(content)</\(name)>")
  }

  /// A complete SVG drawing, as it is.
  package static func drawing(_ svg: String) -> HTML { HTML(source: svg) }

  package static func figure(_ content: HTML, _ caption: String) -> HTML {
    element("figure", [:], [content, element("figcaption", [:], caption)])
  }

  /// Content that scrolls by itself where it is too wide for the screen, with the keyboard, too.
  package static func scrolling(_ content: HTML, label: String) -> HTML {
    element(
      "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": label], [content])
  }

  /// A whole page.
  package static func page(title: String, style: String, script: String, _ body: [HTML]) -> String {
    let head = [
      HTML(source: "<meta charset=\"utf-8\">"),
      HTML(source: "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"),
      HTML(source: "<link rel=\"icon\" href=\"data:,\">"), element("title", [:], title),
      raw("style", style),
    ]
    let parts = [element("head", [:], head), element("body", [:], body + [raw("script", script)])]
    return "<!doctype html>\n" + element("html", ["lang": "en"], parts).source + "\n"
  }
}

/// A table, or a line of text below it, for a terminal or a page.
package enum FigureBlock {
  case table(TextTable)
  case note(String)
}

extension [FigureBlock] {
  /// For a terminal.
  package var text: String {
    enumerated().map { index, block in
      switch block {
      case .table(let table): (index == 0 ? "" : "\n") + table.description
      case .note(let note): note
      }
    }.joined(separator: "\n")
  }

  /// For a page.
  package func html(label: String) -> [HTML] {
    map { block in
      switch block {
      case .table(let table): Self.html(table, label)
      case .note(let note): .element("p", ["class": "note"], note)
      }
    }
  }

  private static func html(_ table: TextTable, _ label: String) -> HTML {
    let head = HTML.element(
      "tr", [:], (table.rows.first ?? []).map { .element("th", ["scope": "col"], $0) })
    let body = table.rows.dropFirst().map { row in
      HTML.element("tr", [:], row.map { .element("td", [:], $0) })
    }
    let parts = [HTML.element("thead", [:], [head]), .element("tbody", [:], body)]
    return HTML.scrolling(.element("table", [:], parts), label: label)
  }
}

/// A report's style, for phones, paper and dark screens, and its script; all works by keyboard.
package enum ReportStyle {
  package static let sheet = """
    :root { color-scheme: light dark; --ink: #1d2430; --paper: #fff; --faint: #5d6775;
      --line: #d5dae1; --main: #0b6bcb; --control: #8a94a3; --good: #1a7f37; --bad: #b3261e;
      --wash: #f3f5f8; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --paper: #14181f;
      --faint: #9aa5b4; --line: #333b47; --main: #63b0ff; --control: #808b9b; --good: #56c271;
      --bad: #ff8a80; --wash: #1c222b; } }
    * { box-sizing: border-box }
    body { margin: 0 auto; padding: 1rem; max-width: 70rem; color: var(--ink);
      background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; }
    h1 { font-size: 1.6rem; line-height: 1.25 } h2 { margin-top: 3rem; font-size: 1.3rem;
      border-top: 1px solid var(--line); padding-top: 1rem } h3 { margin-top: 2rem }
    a { color: var(--main) } nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem }
    p, li, figcaption { max-width: 48rem }
    .note, figcaption, .faint { color: var(--faint); font-size: .9rem }
    .warning { border-left: .3rem solid var(--bad); background: var(--wash); padding: .6rem 1rem }
    .scroll { overflow-x: auto; margin-bottom: 1rem }
    .scroll:focus-visible, input:focus-visible, a:focus-visible, button:focus-visible {
      outline: 3px solid var(--main); outline-offset: 2px }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .82rem }
    th, td { padding: .3rem .4rem; text-align: right; border-bottom: 1px solid var(--line);
      white-space: pre } th:first-child, td:first-child, .names td:nth-child(2) {
      text-align: left }
    tr.main td { font-weight: 600 } td.hit { background: color-mix(in srgb, var(--good)
      calc(var(--share) * 70%), transparent) } td.miss { background: color-mix(in srgb, var(--bad)
      calc(var(--share) * 70%), transparent) }
    figure { margin: 1rem 0 } .chart { display: block; width: 100%; min-width: 32rem;
      max-width: 46rem; height: auto }
    .chart text { fill: var(--ink); font: 12px system-ui, sans-serif }
    .chart .grid { stroke: var(--line) } .chart .zero { stroke: var(--ink) }
    .chart .main { fill: var(--main); stroke: var(--main) } .chart .control {
      fill: var(--control); stroke: var(--control) } .chart rect { stroke: none }
    .chart .interval { stroke-width: 3 } .chart .paper { fill: none }
    .gallery { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill,
      minmax(10rem, 1fr)) } .gallery[hidden] { display: none }
    .picture { margin: 0; padding: .7rem; background: var(--wash); border-radius: .5rem }
    .slider { position: relative; aspect-ratio: var(--ratio) } .slider img { position: absolute;
      inset: 0; width: 100%; height: 100% } .slider img + img { clip-path: inset(0 0 0
      calc(var(--split, .5) * 100%)) } .slider::after { content: ""; position: absolute; top: 0;
      bottom: 0; left: calc(var(--split, .5) * 100%); border-left: 2px solid #fff;
      mix-blend-mode: difference } .picture input { width: 100%; margin: .4rem 0 }
    .picture img { width: 100%; image-rendering: pixelated; display: block }
    .maps { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem }
    .right { color: var(--good) } .wrong { color: var(--bad) }
    .tabs button { font: inherit; padding: .3rem .9rem; margin-right: .4rem; color: inherit;
      background: var(--wash); border: 1px solid var(--line); border-radius: 1rem; cursor: pointer }
    .tabs button[aria-pressed=true] { background: var(--main); color: var(--paper) }
    @media print { nav, .tabs, input[type=range] { display: none } body { max-width: none }
      .gallery, .gallery[hidden] { display: grid } .picture, figure { break-inside: avoid } }

    """

  /// Sliders move where one picture ends; buttons show one gallery of a row.
  package static let script = """
    document.querySelectorAll('input[type=range]').forEach(input => {
      const show = () => input.parentElement.querySelector('.slider').style
        .setProperty('--split', input.value / 100);
      input.addEventListener('input', show);
      show();
    });
    document.querySelectorAll('.tabs').forEach(tabs => {
      const buttons = [...tabs.querySelectorAll('button')];
      const show = chosen => buttons.forEach(button => {
        const isChosen = button === chosen;
        button.setAttribute('aria-pressed', isChosen);
        document.getElementById(button.dataset.shows).hidden = !isChosen;
      });
      buttons.forEach(button => button.addEventListener('click', () => show(button)));
      if (buttons.length) show(buttons[0]);
    });

    """
}
