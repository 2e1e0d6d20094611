// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

struct ReportCommandTests {
  private let ocelli: Ocelli

  init() throws {
    ocelli = try Ocelli()
    let source = testsFolder.appending(path: "Fixtures/experiment").path
    let outcome = try ocelli.shell("cp -r '\(source)' results")
    #expect(outcome.code == 0, "\(outcome)")
  }

  @Test func `results become a page in their folder, or elsewhere`() throws {
    let outcome = try ocelli("report", "results", "--pictures", "0")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
    #expect(outcome.output.hasPrefix("results/report.html: 2 rows, "))
    let again = try ocelli("report", "results", "--pictures", "0", "--output", "page.html")
    #expect(again.code == 0, "\(again)")
    #expect(try ocelli.bytes("page.html") == ocelli.bytes("results/report.html"))
  }

  @Test func `an assessment is shown where there is one`() throws {
    let made = try ocelli.shell(
      "$OCELLI assess --data $SHARED/scenes \(Shared.classifier) \(Shared.enhancer) "
        + "--only accuracy calibration background perturbation --images 10 --output assessed")
    #expect(made.code == 0, "\(made)")
    let outcome = try ocelli.shell(
      """
      $OCELLI report results --pictures 0 --assessment assessed/assessment.json --output page.html
      cp assessed/assessment.json results; $OCELLI report results --pictures 0
      """)
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
    let page = String(decoding: try ocelli.bytes("page.html"), as: UTF8.self)
    #expect(try ocelli.bytes("results/report.html") == ocelli.bytes("page.html"))
    for text in [
      "Does it lean on the background?", "BG-gap", "Reliability diagram", "href=\"#assessment0\"",
      "What the enhancer changed, by frequency",
    ] { #expect(page.contains(text), "\(text)") }
    #expect(!page.contains("Is the change special"), "what was not asked for is not shown")
  }

  @Test func `what cannot be shown is said in one line`() throws {
    try ocelli.expectUsage("report")
    try ocelli.expectUsage("report results --pictures -1")
    try ocelli.expectError("report nowhere", "nowhere/results.json: cannot be read")
    try ocelli.expectError(
      "report results --pictures 0 --output nowhere/page.html", "nowhere/page.html")
    try ocelli.expectError(
      "report results --pictures 0 --assessment nowhere.json", "nowhere.json: cannot be read")
    try ocelli.expectError(
      "report results --pictures 0 --assessment results/results.json",
      "results/results.json: is not what")
    // Predictions of other images than the row's.
    let outcome = try ocelli.shell(
      """
      sed -i 's/"test" : 500,/"test" : 499,/' results/results.json
      $OCELLI report results --pictures 0
      """)
    #expect(outcome.code == 1 && outcome.errors.contains("are not the predictions of row clean"))
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
  }
}
