// SPDX-License-Identifier: Apache-2.0
import Datasets
import Explanation
import Imaging
import Scenes
import Training

/// A picture in all severities of all corruptions.
struct CorruptionPanel {
  /// One picture.
  let dataset: Dataset
  let seed: UInt64

  func image() throws -> Image {
    let side = max(136, dataset.width)
    var panel = Panel(
      cellWidth: side, cellHeight: side * dataset.height / dataset.width,
      title: "C-style corruptions", headings: Corruption.severities.map { "severity \($0)" },
      textScale: 1)
    for corruption in Corruption.allCases {
      panel.append(
        row: try Corruption.severities.map { severity in
          let image = try dataset.corrupted(by: corruption, severity: severity, seed: seed).image(
            at: 0)
          return Panel.Cell(image, caption: corruption.rawValue)
        })
    }
    return panel.image()
  }
}

/// Some pictures with their backgrounds taken away and swapped, under what the classifier takes
/// them for; below each row, the enhanced pictures.
struct BackgroundPanel {
  let model: AssessedModel
  let source: any BackgroundSource
  /// Pictures that `source` knows.
  let dataset: Dataset
  let degrade: (Dataset) throws -> Dataset

  func image() throws -> Image {
    let side = max(136, dataset.width)
    var panel = Panel(
      cellWidth: side, cellHeight: side * dataset.height / dataset.width,
      title: "What backgrounds do", headings: BackgroundVariant.allCases.map(\.rawValue),
      textScale: 1)
    let variants = try BackgroundVariant.allCases.map { variant in
      AssessedImages(
        try degrade(source.variant(variant, of: dataset, seed: model.seed).dataset), model)
    }
    for index in 0..<dataset.count {
      panel.append(row: variants.map { cell(index, $0, $0.plain, $0.predictions.classes) })
      if variants.allSatisfy({ $0.enhanced != nil }) {
        panel.append(
          row: variants.map {
            cell(index, $0, $0.enhanced ?? [], $0.enhancedPredictions?.classes ?? [])
          })
      }
    }
    return panel.image()
  }

  private func cell(
    _ index: Int, _ variant: AssessedImages, _ images: [[Float]], _ classes: [Int]
  ) -> Panel.Cell {
    Panel.Cell(
      Image(images[index], variant.shape), caption: dataset.classNames[classes[index]],
      verdict: classes[index] == variant.labels[index] ? .right : .wrong)
  }
}
