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

  @Test func `what cannot be shown is said in one line`() throws {
    try ocelli.expectUsage("report")
    try ocelli.expectUsage("report results --pictures -1")
    try ocelli.expectError("report nowhere", "nowhere/results.json: cannot be read")
    try ocelli.expectError(
      "report results --pictures 0 --output nowhere/page.html", "nowhere/page.html")
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
