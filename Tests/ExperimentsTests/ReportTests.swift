// SPDX-License-Identifier: Apache-2.0
import Experiments
import Foundation
import TestSupport
import Testing
import Training

/// The page's text; `tools/report/check.py` opens it in a browser.
struct ReportTests {
  private let folder = Fixture.path("experiment")

  private func page(
    _ results: ExperimentResults, curves: [TrainingCurves] = []
  ) throws -> String {
    var details: [String: Report.Details] = [:]
    for row in results.rows {
      let predictions = try [VariantID.alone, .enhanced].map { id in
        let variant = try #require(row.runs[0].variants.first { $0.id == id })
        return try PredictionsFile.read(folder + "/" + variant.predictions)
      }
      details[row.name] = Report.Details(
        before: predictions[0], after: predictions[1], gallery: nil, curves: curves)
    }
    return try Report(results, ExperimentTimes(folder: folder), details: details).html()
  }

  @Test func `shows every row's figures`() throws {
    let results = try ExperimentResults(folder: folder)
    let page = try page(results)
    for row in results.rows {
      #expect(page.contains("Row \(row.name): \(row.title)"))
      #expect(page.contains("\(row.data.test) test images"))
    }
    // The enhanced classifier of clean scenes, whose interval lies below 0.
    #expect(page.contains("Row clean: the enhancer does harm: "))
    #expect(page.contains("Row degraded: the enhancer helps by "))
    // C1 and C2 are enhancers, C3 reaches less.
    #expect(page.contains("; reached without it by C4."))
  }

  @Test func `curves of training are drawn and named`() throws {
    let path = FileManager.default.temporaryDirectory.path + "/curves-\(UUID()).jsonl"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let losses =
      #"{"epoch":1,"trainingLoss":2,"validationLoss":2}"#
      + "\n" + #"{"epoch":2,"trainingLoss":0.5,"validationLoss":0.50001}"#
    try Data(losses.utf8).write(to: URL(fileURLWithPath: path))
    let curves = try #require(TrainingCurves(name: "enhance", path: path))
    let page = try page(ExperimentResults(folder: folder), curves: [curves])
    #expect(page.contains("Training: enhance") && page.contains("loss by epochs"))
    #expect(page.contains(">training</text>") && page.contains(">held out</text>"))
    #expect(page.contains("d=\"M0 0 L520 300\""))
  }

  @Test func `needs no other file`() throws {
    let page = try page(ExperimentResults(folder: folder))
    for address in ["http:", "https:", "src=\"/", "url(", "@import", "<link rel=\"stylesheet\""] {
      #expect(!page.contains(address), "\(address)")
    }
  }

  @Test func `text is escaped, and contamination is said`() throws {
    var results = try ExperimentResults(folder: folder)
    results.experiment.title = "<script>alert(\"a & b\")</script>"
    results.rows[0].isContaminated = true
    let page = try page(results)
    #expect(page.contains("&lt;script&gt;alert(&quot;a &amp; b&quot;)&lt;/script&gt;"))
    #expect(!page.contains("<script>alert"))
    #expect(page.contains("clean (contaminated)"))
    #expect(page.contains("Row clean: contaminated; its figures say nothing."))
  }

  @Test func `elements close in the order in which they open`() throws {
    let page = try page(ExperimentResults(folder: folder))
    var open: [Substring] = []
    for piece in page.split(separator: "<").dropFirst() {
      let name = piece.prefix { !" >/".contains($0) }
      if piece.hasPrefix("/") {
        #expect(open.popLast() == piece.dropFirst().prefix { $0 != ">" })
      } else if !["!doctype", "meta", "link"].contains(name), !piece.contains("/>") {
        open.append(name)
      }
    }
    #expect(open.isEmpty)
  }
}
