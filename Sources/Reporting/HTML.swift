// SPDX-License-Identifier: Apache-2.0

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
  ) -> HTML {
    element(name, attributes, [HTML(text)])
  }

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
      HTML(source: "<link rel=\"icon\" href=\"data:,\">"),
      element("title", [:], title), raw("style", style),
    ]
    let parts = [
      element("head", [:], head), element("body", [:], body + [raw("script", script)]),
    ]
    return "<!doctype html>\n" + element("html", ["lang": "en"], parts).source + "\n"
  }
}
