// SPDX-License-Identifier: Apache-2.0

extension Assessment {
  /// All sections that were answered, each below its question.
  func html(title: String) -> [HTML] {
    let charts = charts
    let sections = AssessmentSection.allCases.flatMap { section -> [HTML] in
      let blocks = blocks(section)
      guard !blocks.isEmpty else { return [] }
      let drawings = charts.filter { $0.section == section }.map {
        Report.scrolling(.drawing($0.svg), label: $0.name)
      }
      return [.element("h3", [:], section.question)]
        + blocks.html(label: section.rawValue) + drawings
    }
    return [
      .element("h2", [:], title),
      .element("p", ["class": "note"], subject.text),
    ] + sections
  }
}

extension Assessment.Subject {
  fileprivate var name: String {
    let own = classifier.lastPathParts
    return enhancer.map { "\($0.lastPathParts) in front of \(own)" } ?? own
  }

  fileprivate var text: String {
    "Of \(name), on \(images) test images of \(data.lastPathParts)"
      + (degradation.map { ", degraded by \($0)" } ?? "") + "; slow sections on \(sample) of them. "
      + "Figures in brackets are intervals of 95 %."
      + (overlap.map { " \($0) test images are training images, too." } ?? "")
  }
}
