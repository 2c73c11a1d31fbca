### Was das Portal auf Deutsch sagt. Jede Sprache hat dieselben Nachrichten mit denselben Werten: ein Test vergleicht sie.

language-name = Deutsch
months = Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.
date = { $day2 }.{ $month }.{ $year }
date-time = { $day2 }.{ $month }.{ $year }, { $hour }:{ $minute } UTC
after-all-dates = nach dem Jahr 9999
thousands = .
used-of = { $used } von { $allowed }
used-of-any = { $used } von beliebig vielen
until = bis { $end }
without-end = ohne Ende
days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tage
}
machines-count = { $count ->
    [one] { $count } Rechner
   *[other] { $count } Rechner
}

## Um jede Seite

skip = Zum Inhalt
nav-main = Hauptmenü
nav-activate = Aktivieren
nav-licenses = Lizenzen
nav-vendor = Hersteller
log-in = Anmelden
log-out = Abmelden
footer = Für Rechner, die nie ein Netz sehen.
help-at = Hilfe:
start-page = Startseite
continue = Weiter
save = Speichern
save-it = { $name } speichern
create = Anlegen
copy = Kopieren
copied = Kopiert
not-copied = Markieren Sie den Text und kopieren Sie ihn
show = anzeigen
code = Code: { $code }

## Downloads: Veröffentlichungen und ihre Dateien

downloads = Downloads
downloads-none = Ihnen ist noch keine Lizenz zugeordnet, deshalb gibt es nichts herunterzuladen. Fragen Sie den Hersteller oder Ihre Administration.
downloads-no-release = Es wurde noch nichts veröffentlicht.
downloads-of = Veröffentlichungen von { $product }
downloads-all-of = Alle Veröffentlichungen von { $product }
downloads-version = Version
downloads-channel = Kanal
downloads-channels = Kanäle
downloads-every-channel = Alle
downloads-published = Veröffentlicht
downloads-published-on = Veröffentlicht am { $date }
downloads-platform = Plattform
downloads-platforms = Plattformen
downloads-may-run = Enthalten
downloads-may-not-run = Nicht enthalten
downloads-after-maintenance = Sie wurde nach dem { $end } veröffentlicht, als die Wartung Ihrer Lizenz endete.
downloads-after-end = Sie wurde nach dem { $end } veröffentlicht, als Ihre Lizenz endete.
downloads-above-highest = Ihre Lizenz umfasst Versionen bis { $version }.
downloads-suspended = Der Hersteller hat Ihre Lizenz ausgesetzt.
downloads-revoked = Der Hersteller hat Ihre Lizenz widerrufen.
downloads-no-license = Keine Ihrer Lizenzen umfasst sie.
downloads-refused-advice = Verlängern Sie die Lizenz beim Hersteller; was bis dahin enthalten ist, bleibt verfügbar.
downloads-files = Dateien
downloads-file = Datei
downloads-size = Größe
downloads-bytes = { $count } Byte
downloads-decimal = ,
downloads-sha256 = SHA-256
downloads-check = Heruntergeladenes prüfen
downloads-check-hint = Die signierte Prüfsummendatei sagt, welche Dateien zu dieser Version gehören. FILE ist, was Sie heruntergeladen haben; KEY ist der Wurzelschlüssel des Herstellers aus dessen Dokumentation.
downloads-not-signed = Zu dieser Veröffentlichung gibt es keine signierten Prüfsummen.
downloads-notes = Was ist neu
downloads-first = Erste Seite
downloads-next = Nächste Seite
downloads-pages = Seiten
downloads-maintenance = Wartung
downloads-highest = Höchste Version
error-part-title = Diesen Teil gibt es nicht
error-part = Die Datei endet vor dem Teil, der verlangt wurde. Es wurde nichts übertragen.
error-changed-title = Die Datei ist nicht die, mit der das Herunterladen begann
error-changed = An ihrer Stelle liegt eine andere Datei. Es wurde nichts übertragen.
error-download-advice = Beginnen Sie das Herunterladen von vorn.

## Wenn etwas nicht geht

error-forbidden-title = Nicht erlaubt
error-forbidden = Das dürfen Sie nicht. Es wurde nichts geändert.
error-forbidden-advice = Melden Sie sich als jemand an, der es darf, oder fragen Sie Ihre Administration.
error-not-found-title = Nicht gefunden
error-not-found = Diese Seite gibt es nicht, oder sie ist nicht für Sie bestimmt.
error-not-found-advice = Prüfen Sie die Adresse, oder gehen Sie zur Startseite.
error-foreign-title = Formular abgelehnt
error-foreign = Das Formular sagt nicht, woher es kommt, oder es kommt von einer anderen Website. Es wurde nichts geändert.
error-foreign-advice = Öffnen Sie die Seite hier in einem aktuellen Browser, und versuchen Sie es noch einmal.
error-input-title = Das geht so nicht
error-input-advice = Es wurde nichts geändert. Gehen Sie zurück, berichtigen Sie es und senden Sie es noch einmal.
error-form-incomplete = Das Formular war unvollständig oder in einer Form, die hier nicht verstanden wird.
error-upload-title = Das Hochladen hat nicht geklappt
error-upload-advice = Es wurde nichts verbraucht. Senden Sie weniger Dateien auf einmal.
error-upload-broken = Es war zu groß, oder es brach ab.
error-upload-many = Das sind zu viele Dateien: Höchstens { $most } werden auf einmal genommen.
error-upload-large = Ausgepackt sind es mehr als 16 MiB.
error-upload-ratio = „{ $zip }“ wird ausgepackt viel größer, als Anfragen es werden.
error-upload-none = Mit dem Formular kam keine Anfrage, oder es kamen zu viele.
error-busy-title = Viel zu tun
error-busy = Im Moment wird mehr vom Portal verlangt, als es zugleich beantwortet. Es wurde nichts geändert.
error-busy-advice = Warten Sie ein paar Sekunden, und versuchen Sie es noch einmal.
error-reference = Wenn Sie um Hilfe bitten, nennen Sie diese Nummer: { $id }
error-rate-title = Zu viele Anfragen
error-rate = Von Ihrer Adresse kamen in kurzer Zeit zu viele Anfragen. Es wurde nichts geändert.
error-rate-advice = Warten Sie eine Minute, und versuchen Sie es noch einmal.
error-help = Wenn das nicht hilft, fragen Sie hier:
error-internal-title = Zurzeit nicht möglich
error-internal = Das Portal konnte das gerade nicht tun. Es wurde nichts geändert.
error-internal-advice = Versuchen Sie es in einer Minute noch einmal.
field-too-long = { $field }: Höchstens { $longest } Zeichen passen, und das sind { $count }.
field-unfit = { $field }: Das ist eine Zeile, ohne Steuerzeichen.
field-vendor-name = Name des Herstellers
field-product-name = Name des Produkts
field-organization-name = Name der Organisation
field-user-name = Name
field-feature-name = Name einer Funktion
field-feature-word = Wort einer Funktion
field-metadata-name = Name einer weiteren Angabe
field-metadata-value = Weitere Angabe
field-trial-origin = Ursprung einer Testseite
field-token-name = Name eines Tokens
metadata-too-many = Höchstens { $most } weitere Angaben passen.
response-has-no-room = Tarif, Inhaber, Funktionen und die Angaben für das Programm ergeben { $bytes } Bytes, und { $room } passen in eine Antwort: Kein Rechner ließe sich aktivieren. Kürzen Sie sie.
day-unfit = „{ $text }“ ist kein Tag; man schreibt ihn 2027-12-31.
version-unfit = „{ $text }“ kann keine höchste Version sein: Sie beginnt mit einer Zahl, etwa 2.4.1, und 2.x ist die ganze 2.
not-a-number = „{ $text }“ ist keine ganze Zahl bis 1.000.000.000.
input-detail = Einzelheiten (auf Englisch): { $detail }.

## Aktivieren

activate-title = Einen Rechner aktivieren oder deaktivieren
activate-lead = Bringen Sie die Anfragedatei vom Rechner hierher. Sie sehen, was geschehen wird, bevor etwas verbraucht wird.
steps-title = So geht es
steps-1 = Das Programm auf dem Rechner ohne Netz schreibt eine .request-Datei.
steps-2 = Sie bringen sie hierher, auf einem Stick, per Mail oder als Text.
steps-3 = Sie tragen die .response-Datei zurück, und das Programm installiert sie. Dort ist kein Netz nötig.
upload-drop = Anfragedateien auswählen oder hierher ziehen
upload-hint = .request-Dateien, eine oder viele, oder ein Zip davon
upload-paste = Stattdessen Text einfügen
upload-pasted = Der Text der Anfrage, oder der Link aus einem QR-Code
upload-no-license = Die Anfrage enthält keine Lizenz
license-key = Lizenzschlüssel
license-key-unknown = Es gibt keine Lizenz mit diesem Schlüssel. Prüfen Sie ihn Zeichen für Zeichen: Er hat fünf Gruppen zu fünf.
nothing-chosen = Es wurde keine Datei ausgewählt und nichts eingefügt. Wählen Sie zuerst eine Anfragedatei.
review-title = Was geschehen wird
review-lead = Noch ist nichts verbraucht.
file = Datei
product = Produkt
platform = Plattform
made = Erstellt
kind-activation-request = Anfrage zur Aktivierung
kind-trial-request = Anfrage zum Testen
kind-deactivation-request = Anfrage zur Deaktivierung
machine-unnamed = ein Rechner ohne Namen
which-license = Welche Lizenz?
which-license-hint = Geben Sie den Lizenzschlüssel ein, oder melden Sie sich an und laden Sie die Datei auf der Seite der Lizenz hoch.
back-unchanged = Zurück, ohne etwas zu ändern
button-activate = { $count ->
    [one] Diesen Rechner aktivieren
   *[other] { $count } Rechner aktivieren
}
button-trial = { $count ->
    [one] Testzeit auf diesem Rechner beginnen
   *[other] Testzeit auf { $count } Rechnern beginnen
}
button-deactivate = { $count ->
    [one] Diesen Rechner deaktivieren
   *[other] { $count } Rechner deaktivieren
}
button-answer = { $count ->
    [one] Diese Anfrage beantworten
   *[other] { $count } Anfragen beantworten
}
effect-again = Diese Datei wurde schon beantwortet: Sie bekommen dieselbe Antwort noch einmal. Es wird nichts verbraucht.
effect-new = Der Rechner wird aktiviert, { $until }.
effect-renewal = Der Rechner ist aktiv: Das erneuert seine Aktivierung, { $until }. Es wird kein weiterer Platz gebraucht.
effect-kept = Der Rechner hat seinen Platz noch: Er wird wieder aktiviert, { $until }.
effect-reinstall = Ein neu installierter Rechner: Er übernimmt seinen eigenen Platz, { $until }. Es wird kein weiterer Platz gebraucht.
effect-recognised = Der Rechner hat eine Aktivierung, die das Portal vergessen hatte (seine Daten stammen aus einer älteren Sicherung): Sie wird wieder gezählt und erneuert, { $until }.
effect-trial = Eine Testzeit beginnt, { $until }.
effect-free-seat = Der Rechner hat seine Aktivierung aufgegeben. Sein Platz wird frei.
effect-receipt-only = Der Rechner hat seine Aktivierung aufgegeben. Sein Platz ist schon frei: Sie bekommen eine Quittung, und kein weiterer Platz wird frei.
released-new-seat = Der Platz dieses Rechners wurde am { $date } freigegeben: ihn zu aktivieren belegt einen neuen Platz.
released-new-seat-by = Der Platz dieses Rechners wurde am { $date } von { $by } freigegeben: ihn zu aktivieren belegt einen neuen Platz.
released-receipt = Der Platz dieses Rechners wurde am { $date } freigegeben.
released-receipt-by = Der Platz dieses Rechners wurde am { $date } von { $by } freigegeben.
seats-after = Danach sind { $used } von { $allowed } Plätzen belegt, { $left } frei
seats-after-any = Danach sind { $used } Plätze belegt, beliebig viele sind erlaubt
result-title = Tragen Sie das zurück
result-receipt = Der Platz ist wieder frei. Das ist die Quittung.
result-ready = Fertig: läuft { $until }. Installieren vor: { $import-by }.
download-file = { $file } herunterladen
carry-1 = Kopieren Sie { $file } auf einen Stick.
carry-2 = Öffnen Sie auf dem Rechner { $machine } das Programm und wählen Sie „Antwort installieren“. Auf der Befehlszeile:
carry-2-receipt = Öffnen Sie auf dem Rechner { $machine } das Programm und wählen Sie „Antwort installieren“, um die Deaktivierung abzuschließen. Auf der Befehlszeile:
as-qr = Als QR-Code
qr-alt = QR-Code der Antwort für { $machine }
as-text = Als Text
as-text-label = Der Text der Antwort
another-machine = Ein anderer Rechner
pasted-text = eingefügter Text
kind = Art
outcome = Ergebnis
detail = Einzelheiten
advice = Was zu tun ist
code-heading = Code
import-by = Installieren vor
response-file = Antwortdatei
outcome-ready = bereit
outcome-not = nicht möglich
outcome-done = erledigt
outcome-refused = abgelehnt
outcome-left = nicht beantwortet
files-count = { $count ->
    [one] Eine Datei.
   *[other] { $count } Dateien.
}
ready-count = { $count ->
    [0] Keine davon kann beantwortet werden.
    [one] Eine kann beantwortet werden.
   *[other] { $count } können beantwortet werden.
}
left-count = { $count ->
    [one] Eine nicht; die Liste sagt, warum.
   *[other] { $count } nicht; die Liste sagt, warum.
}
left-files = { $count ->
    [one] Eine weitere Datei wurde nicht beantwortet: Der Schritt davor sagte, warum.
   *[other] { $count } weitere Dateien wurden nicht beantwortet: Der Schritt davor sagte, warum.
}
done-count = { $count ->
    [0] Nichts wurde beantwortet.
    [one] Eine Anfrage ist beantwortet.
   *[other] { $count } Anfragen sind beantwortet.
}
refused-count = { $count ->
    [one] Eine wurde abgelehnt.
   *[other] { $count } wurden abgelehnt.
}
batch-seats = { $needed ->
    [one] Einer dieser Rechner braucht einen Platz von { $product }
   *[other] { $needed } dieser Rechner brauchen einen Platz von { $product }
}, { $free ->
    [0] keiner ist frei.
    [one] einer ist frei.
   *[other] { $free } sind frei.
}
batch-seats-any = { $needed ->
    [one] Einer dieser Rechner braucht einen Platz von { $product }
   *[other] { $needed } dieser Rechner brauchen einen Platz von { $product }
}, beliebig viele sind frei.
batch-seats-freed = { $freed ->
    [one] Einer mehr wird durch eine Deaktivierung unter diesen frei, die zuerst geschieht.
   *[other] { $freed } mehr werden durch die Deaktivierungen unter diesen frei, die zuerst geschehen.
}
batch-seats-missing = { $missing ->
    [one] Einer wird keinen bekommen: Die Plätze werden in der Reihenfolge der Liste vergeben. Deaktivieren Sie zuerst einen Rechner, oder bringen Sie weniger Dateien.
   *[other] { $missing } werden keinen bekommen: Die Plätze werden in der Reihenfolge der Liste vergeben. Deaktivieren Sie zuerst Rechner, oder bringen Sie weniger Dateien.
}
batch-part = Dateien { $from } bis { $to } von { $count }.
batch-kept = Was Sie gebracht haben, bleibt eine Stunde lang hier.
batch-gone-title = Nicht mehr hier
batch-gone = Was gebracht wurde, bleibt eine Stunde nach dem letzten Ansehen hier, und nicht, wenn das Portal inzwischen neu gestartet wurde. Dies ist nicht mehr da.
batch-gone-advice = Bringen Sie die Dateien noch einmal: Nichts wird zweimal verbraucht, und was beantwortet wurde, bekommt dieselbe Antwort.
left-in-table = Die Tabelle für ein Tabellenprogramm enthält alle.
download-all = Alle Antworten als ein Zip herunterladen
download-table = Tabelle für ein Rechenblatt (CSV)
carry-all-1 = Kopieren Sie das Zip auf einen Stick, oder die Antworten daraus.
carry-all-2 = Öffnen Sie auf jedem Rechner das Programm und wählen Sie „Antwort installieren“, mit der Datei, die den Namen des Rechners trägt. Auf der Befehlszeile:
progress = Fortschritt
upload-sending = Wird gesendet: { $percent } Prozent
upload-reading = Gesendet. Die Dateien werden gelesen …
upload-failed = Die Dateien kamen nicht an. Es ist nichts verbraucht. Prüfen Sie die Verbindung und senden Sie sie noch einmal.
answers-working = Die Anfragen werden beantwortet …
in-use-by = Belegt von:
file-too-large-title = Zu groß für eine Anfrage
file-too-large = Die Datei hat mehr als die 64 KiB, die eine Anfrage haben darf.
file-too-large-advice = Bringen Sie die .request-Datei so, wie das Programm sie geschrieben hat.
zip-in-zip-title = Ein Zip in einem Zip
zip-in-zip = Ein Zip, das in einem anderen liegt, wird nicht geöffnet.
zip-in-zip-advice = Packen Sie die Anfragedateien selbst in ein Zip.
zip-encrypted-title = Mit Passwort geschützt
zip-encrypted = Die Datei im Zip ist verschlüsselt.
zip-encrypted-advice = Packen Sie das Zip ohne Passwort: Eine Anfrage nützt niemandem außer ihrem Rechner.
zip-compression-title = Anders gepackt
zip-compression = Das Zip ist auf eine Art gepackt, die hier nicht gelesen wird.
zip-compression-advice = Packen Sie es mit dem, was Ihr System mitbringt, oder bringen Sie die Dateien selbst.
zip-damaged-title = Das Zip ist beschädigt
zip-damaged = Das Zip ist nicht ganz, oder seine Teile widersprechen sich.
zip-damaged-advice = Packen Sie es neu, oder bringen Sie die Dateien selbst.
zip-same-names-title = Zwei Dateien eines Namens
zip-same-names = Zwei Dateien im Zip haben denselben Namen im selben Ordner: Welche gemeint ist, lässt sich nicht sagen.
zip-same-names-advice = Geben Sie jeder Datei einen eigenen Namen, oder bringen Sie die Dateien selbst.
zip-empty-title = Das Zip ist leer
zip-empty = In dem Zip ist keine Datei.
zip-empty-advice = Packen Sie die Anfragedateien hinein.
other-archive-title = Ein anderes Archiv
other-archive = Von Archiven werden hier nur Zips gelesen.
other-archive-advice = Packen Sie die Dateien in ein Zip, oder bringen Sie die Dateien selbst.

## Ablehnungen: eine Überschrift, was geschah, was zu tun ist

format-title-wrong-type = Das ist eine andere Art von Datei
format-title-damaged = Die Datei ist beschädigt
format-title = Die Datei ist keine brauchbare Anfrage
format-fact = Einzelheiten (auf Englisch): { $detail }.
advice-too-long = Das ist keine Datei dieses Programms. Nehmen Sie die .request- oder .response-Datei selbst.
advice-not-a-token = Nehmen Sie die .request- oder .response-Datei, wie sie geschrieben wurde, oder fügen Sie den ganzen Text ein.
advice-bad-encoding = Die Datei wurde unterwegs verändert. Kopieren Sie das Original noch einmal, als Datei statt als Text.
advice-bad-json = Die Datei stammt nicht von einem richtigen Programm. Erstellen Sie sie mit der aktuellen Version noch einmal.
advice-bad-header = Die Datei stammt nicht von einem richtigen Programm. Erstellen Sie sie mit der aktuellen Version noch einmal.
advice-wrong-alg = Vertrauen Sie dieser Datei nicht. Verlangen Sie eine neue von dort, woher sie kommen soll.
advice-unknown-type = Die Datei stammt vielleicht von einer neueren Version. Aktualisieren Sie das Programm, das sie liest.
advice-wrong-type = Nehmen Sie die andere Datei: Anfragen gehen vom Rechner zum Hersteller, Antworten kommen zurück.
advice-bad-signature = Der Inhalt wurde nach dem Unterschreiben verändert. Kopieren Sie das Original noch einmal; bleibt es so, verlangen Sie eine neue Datei.
advice-bad-claim = Die Datei stammt nicht von einem richtigen Programm. Erstellen Sie sie mit der aktuellen Version noch einmal.
advice-untrusted-key = Das hat nicht dieser Hersteller unterschrieben. Prüfen Sie, ob die Datei zu diesem Produkt gehört, und fragen Sie den Hersteller.
advice-bad-chain = Beim Hersteller ist das Unterschreiben falsch eingerichtet. Schicken Sie diese Datei an den Support des Herstellers.
advice-out-of-scope = Wer unterschrieben hat, durfte das nicht. Verlangen Sie vom Hersteller eine Antwort mit einem Schlüssel, der es darf.
advice-approval-missing = Wer unterschrieben hat, darf das nicht allein geben. Bitten Sie den Hersteller um eine Antwort, die eine zweite Person gebilligt hat.
advice-approval-wrong = Verwenden Sie diese Datei nicht. Senden Sie sie an den Support des Herstellers, der sehen kann, was an der Billigung falsch ist.
advice-revoked-key = Der Hersteller hat den Schlüssel zurückgezogen, der das unterschrieben hat. Verlangen Sie vom Hersteller eine neue Antwort.
advice-retired-key = Der Hersteller hat einen neueren Wurzelschlüssel. Verlangen Sie vom Hersteller eine neue Antwort, die unter ihm unterschrieben ist.
advice-ended-key = Machen Sie hier eine neue Anfrage, und verlangen Sie vom Hersteller eine Antwort, die mit einem jetzt gültigen Schlüssel unterschrieben ist.
advice-back-dated = Stellen Sie die Uhr dieses Rechners richtig, machen Sie eine neue Anfrage, und bringen Sie diese zum Hersteller. Geht die Uhr richtig, verlangen Sie eine Antwort, die mit einem jetzt gültigen Schlüssel unterschrieben ist; der Support kann eine Zeitrücksetzung schicken.
advice-wrong-product = Nehmen Sie die Datei für dieses Produkt.
advice-wrong-device = Jede Antwort passt zu einer Installation. Erstellen Sie hier eine neue Anfrage und bringen Sie diese zum Hersteller.
advice-wrong-machine = Installieren Sie sie auf dem Rechner, der die Anfrage erstellt hat, oder erstellen Sie auf diesem eine neue.
advice-unknown-request = Erstellen Sie hier eine neue Anfrage und bringen Sie diese zum Hersteller.
advice-import-expired = Prüfen Sie das Datum dieses Rechners. Stimmt es, erstellen Sie hier eine neue Anfrage und bringen Sie diese zum Hersteller.
advice-deactivated = Eine aufgegebene Aktivierung kann nicht wieder installiert werden. Erstellen Sie eine neue Anfrage zur Aktivierung.
advice-superseded = Es ist nichts zu tun: Was installiert ist, ist neuer als diese Datei.
advice-damaged-file = Kopieren Sie die Originaldatei noch einmal, als Datei statt als Text.
license-needed-title = Keine Lizenz genannt
license-needed = Die Anfrage nennt keine Lizenz.
license-needed-advice = Geben Sie den Lizenzschlüssel ein, oder melden Sie sich an und wählen Sie die Lizenz. Es wurde nichts verbraucht.
unknown-license-title = Unbekannte Lizenz
unknown-license = Es gibt keine Lizenz mit diesem Schlüssel.
unknown-license-advice = Prüfen Sie den Lizenzschlüssel im Programm und erstellen Sie eine neue Anfrage. Es wurde nichts verbraucht.
not-yours-title = Unbekannte Lizenz
not-yours = Für Sie gibt es diese Lizenz nicht.
not-yours-advice = Melden Sie sich als jemand an, der die Lizenz benutzen darf, oder fragen Sie Ihre Administration.
wrong-proof-title = Der Lizenzschlüssel passt nicht
wrong-proof = Der Nachweis in der Anfrage wurde nicht mit dem Schlüssel dieser Lizenz erstellt.
wrong-proof-advice = Geben Sie den Lizenzschlüssel im Programm noch einmal ein und erstellen Sie eine neue Anfrage. Es wurde nichts verbraucht.
product-mismatch-title = Die Lizenz gilt für ein anderes Produkt
product-mismatch = Die Lizenz gilt für das Produkt { $license }, die Anfrage für { $request }.
product-mismatch-advice = Nehmen Sie eine Lizenz des Produkts, das anfragt. Es wurde nichts verbraucht.
license-suspended-title = Die Lizenz ist ausgesetzt
license-suspended = Der Hersteller hat die Lizenz ausgesetzt.
license-suspended-advice = Fragen Sie den Hersteller. Ihre Anfragedatei bleibt brauchbar.
license-revoked-title = Die Lizenz wurde widerrufen
license-revoked = Der Hersteller hat die Lizenz widerrufen.
license-revoked-advice = Fragen Sie den Hersteller. Ihre Anfragedatei bleibt brauchbar.
license-expired-title = Die Lizenz ist abgelaufen
license-expired = Die Lizenz endete am { $end }.
license-expired-advice = Verlängern Sie die Lizenz, und senden Sie dann dieselbe Anfragedatei noch einmal.
seats-used-up-title = Alle Plätze sind belegt
seats-used-up = { $allowed ->
    [one] Der einzige Platz der Lizenz ist belegt.
   *[other] Alle { $allowed } Plätze der Lizenz sind belegt.
}
seats-used-up-advice = Deaktivieren Sie einen Rechner, der nicht mehr gebraucht wird, oder bitten Sie den Hersteller um mehr Plätze; senden Sie dann dieselbe Anfragedatei noch einmal.
group-seats-used-up-title = Die Plätze Ihrer Gruppe sind belegt
group-seats-used-up = Von dieser Lizenz dürfen Ihre Gruppen { $allowed ->
    [0] keinen Platz
    [one] einen Platz
   *[other] { $allowed } Plätze
    } belegen, und für Sie ist keiner mehr frei.
group-seats-used-up-advice = Deaktivieren Sie einen Rechner Ihrer Gruppe, der nicht mehr gebraucht wird, oder bitten Sie einen Verwalter Ihrer Organisation um mehr Plätze; senden Sie dann dieselbe Anfragedatei noch einmal.
holds-no-seat-title = Kein Platz belegt
holds-no-seat = Dieser Rechner hat keinen Platz der Lizenz mehr.
holds-no-seat-advice = Nichts wurde geändert. Um den Rechner wieder zu benutzen, aktivieren Sie ihn mit einer neuen Anfragedatei.
release-not-yours-title = Nicht Ihre Freigabe
release-not-yours = Sie benutzen diese Lizenz über eine Gruppe: Nur ihr Inhaber, ein Verwalter Ihrer Organisation oder der Hersteller darf einen Platz ohne Nachweis freigeben.
release-not-yours-advice = Nichts wurde geändert. Fragen Sie einen Verwalter Ihrer Organisation.
releases-used-up-title = Keine Freigabe mehr übrig
releases-used-up = Plätze dieser Lizenz dürfen innerhalb eines Jahres { $allowed ->
    [one] einmal
   *[other] { $allowed } Mal
    } ohne den Rechner freigegeben werden, und das ist geschehen. Die nächste Freigabe ist ab { $again } möglich.
releases-used-up-advice = Der Platz bleibt bei seinem Rechner. Läuft der Rechner noch, deaktivieren Sie ihn dort; sonst fragen Sie den Hersteller.
releases-none-title = Keine Freigaben
releases-none = Der Hersteller lässt keinen Platz ohne den Rechner freigeben ({ $allowed } im Jahr).
releases-none-advice = Der Platz bleibt bei seinem Rechner. Läuft der Rechner noch, deaktivieren Sie ihn dort; sonst fragen Sie den Hersteller.
release-too-soon-title = Zu bald nach der letzten Freigabe
release-too-soon = Vor kurzem wurde ein Platz dieser Lizenz freigegeben. Die nächste Freigabe ist ab { $again } möglich.
release-too-soon-advice = Der Platz bleibt bis dahin bei seinem Rechner. Kommen Sie später wieder, oder fragen Sie den Hersteller.
renewal-unavailable-title = Eine neue Anfrage ist nötig
renewal-unavailable = Dieser Rechner wurde aktiviert, bevor das Portal aufhob, was eine Verlängerung ohne Anfrage braucht.
renewal-unavailable-advice = Erstellen Sie auf dem Rechner einmal eine neue Anfragedatei und bringen Sie sie her: das verlängert ihn ohne weiteren Platz, und danach geht es ohne Anfrage.
reinstalls-used-up-title = Zu oft neu installiert
reinstalls-used-up = Dieser Rechner wurde innerhalb eines Jahres öfter neu installiert als die erlaubten { $allowed } Male.
reinstalls-used-up-advice = Fragen Sie den Hersteller. Ihre Anfragedatei bleibt brauchbar.
deactivations-used-up-title = Keine Deaktivierung mehr übrig
deactivations-used-up = Die Lizenz hat keine Deaktivierung mehr übrig ({ $allowed } sind erlaubt).
deactivations-used-up-advice = Der Nachweis ist festgehalten, und nichts ist verloren: Der Platz bleibt bei diesem Rechner, der ohne weiteren Platz wieder aktiviert werden kann. Soll er für einen anderen Rechner frei werden, fragen Sie den Hersteller.
unknown-activation-title = Unbekannte Aktivierung
unknown-activation = Dieser Hersteller hat keine Aktivierung mit dieser Kennung.
unknown-activation-advice = Prüfen Sie, ob die Datei zu dem Hersteller geht, der den Rechner aktiviert hat.
wrong-device-title = Von einem anderen Gerät unterschrieben
wrong-device = Die Anfrage hat ein anderes Gerät unterschrieben als das, das aktiviert wurde.
superseded-title = Eine neuere Installation hat den Platz
superseded = Eine neuere Installation auf demselben Rechner hat diese Aktivierung übernommen.
trial-already-used-title = Die Testzeit ist verbraucht
trial-already-used = Dieser Rechner hatte seine Testzeit dieses Produkts, von { $from } bis { $until }.
trial-already-used-advice = Um weiterzumachen, besorgen Sie sich eine Lizenz vom Hersteller.
work-required-title = Erst ein wenig Arbeit
work-required = Dieses Portal lässt einen Browser einen Moment rechnen, bevor es eine Testzeit beginnt.
work-required-advice = Nehmen Sie die Testseite des Herstellers, die das von selbst tut, oder melden Sie sich erst an. Ihre Datei bleibt gut.
trial-cap-reached-title = Heute keine Testzeiten mehr
trial-cap-reached = Heute haben so viele Testzeiten begonnen, wie dieser Hersteller an einem Tag gibt.
trial-cap-reached-advice = { $hours ->
    [one] Senden Sie dieselbe Datei in einer Stunde noch einmal.
   *[other] Senden Sie dieselbe Datei in { $hours } Stunden noch einmal.
}
trial-too-often-title = Dieser Rechner fragt zu oft
trial-too-often = Dieser Rechner hat heute zu viele Anfragen für Testzeiten geschickt.
trial-too-often-advice = { $minutes ->
    [one] Nichts wurde verbraucht. Warten Sie eine Minute, und senden Sie dieselbe Datei noch einmal.
   *[other] Nichts wurde verbraucht. Warten Sie { $minutes } Minuten, und senden Sie dieselbe Datei noch einmal.
}
no-trial-title = Keine Testzeit
no-trial = Für dieses Produkt gibt es keine Testzeit.
no-trial-advice = Fragen Sie den Hersteller, oder besorgen Sie sich eine Lizenz.
unknown-product-title = Unbekanntes Produkt
unknown-product = Dieser Hersteller hat kein Produkt { $product }.
unknown-product-advice = Prüfen Sie, ob die Datei zum Hersteller des Produkts geht.
wrong-door-title = Hierher gehört eine andere Art von Anfrage
wrong-door = Das ist { $found }, aber hier wird { $wanted } gebraucht.
wrong-door-advice = Senden Sie es dorthin, wo seine Art hingehört, oder nehmen Sie die Seite, die jede Art annimmt.
signing-failed-title = Das Portal kann nicht unterschreiben
signing-failed = Das Portal kann nicht unterschreiben: { $detail }.
signing-failed-advice = Es wurde nichts verbraucht. Sagen Sie dem Hersteller: Der Schlüssel des Portals braucht Aufmerksamkeit.
signer-away-title = Zurzeit kann nichts unterschrieben werden
signer-away = Das Programm, das für das Portal unterschreibt, antwortet nicht.
signer-away-advice = Es wurde nichts verbraucht. Bringen Sie dieselbe Datei in einer Minute noch einmal. Bleibt es so, sagen Sie dem Hersteller: Der Signierer braucht Aufmerksamkeit.
signer-limit-title = Eine Weile wird nichts mehr unterschrieben
signer-limit = Das Programm, das für das Portal unterschreibt, hat seine Grenze erreicht.
signer-limit-advice = Es wurde nichts verbraucht. { $minutes ->
    [one] Bringen Sie dieselbe Datei in einer Minute noch einmal.
   *[other] Bringen Sie dieselbe Datei in { $minutes } Minuten noch einmal.
}
signer-declined-title = Der Signierer unterschreibt das nicht
signer-declined = Das Programm, das für das Portal unterschreibt, lehnt es ab: { $detail }.
signer-declined-advice = Es wurde nichts verbraucht. Sagen Sie dem Hersteller: Portal und Signierer sind sich nicht einig.
unavailable-title = Zurzeit nicht möglich
unavailable = Die Datenbank des Portals antwortet nicht.
unavailable-advice = Versuchen Sie es in einer Minute noch einmal. Eine Anfragedatei können Sie unverändert noch einmal senden; bei allem anderen sehen Sie zuerst nach, ob es geschehen ist.
wrong-device-advice = Erstellen Sie die Deaktivierung auf dem Rechner, der aktiviert wurde.
superseded-advice = Es ist nichts zu tun: Die neuere Installation hat den Platz.

## Anmelden

email = E-Mail-Adresse
password = Passwort
name = Name
login-not-needed = Um einen Rechner mit einem Lizenzschlüssel zu aktivieren, brauchen Sie keine Anmeldung.
login-bring-file = Anfragedatei bringen
login-wrong = E-Mail-Adresse und Passwort passen nicht zusammen, oder das Konto ist nicht aktiv.
login-throttled = { $seconds ->
    [one] Zu viele Versuche. Warten Sie { $seconds } Sekunde, und versuchen Sie es noch einmal.
   *[other] Zu viele Versuche. Warten Sie { $seconds } Sekunden, und versuchen Sie es noch einmal.
}
create-first-admin = Die erste Verwaltung anlegen
set-your-password = Ihr Passwort festlegen
set-password = Passwort festlegen
new-password = Passwort, mindestens { $shortest } Zeichen
first-admin-wrong = Eine E-Mail-Adresse hat ein @, und ein Passwort { $shortest } bis { $longest } Zeichen.
password-short = Ein Passwort hat { $shortest } bis { $longest } Zeichen.
link-dead = Dieser Link wurde benutzt, ist zu alt oder wurde durch einen neueren ersetzt. Bitten Sie um einen neuen; für die erste Verwaltung starten Sie das Portal noch einmal.

## Lizenzen und Rechner

license = Lizenz
licenses = Lizenzen
licenses-none = Ihnen ist noch keine Lizenz zugeordnet. Fragen Sie den Hersteller oder Ihre Administration.
plan = Tarif
holder = Inhaber
activations = Aktivierungen
deactivations = Deaktivierungen
validity = Gültigkeit
status = Zustand
status-active = aktiv
status-ended = abgelaufen { $end }
status-suspended-by-vendor = vom Hersteller ausgesetzt
status-revoked-by-vendor = vom Hersteller widerrufen
validity-from-first = { $days ->
    [one] { $days } Tag ab der ersten Aktivierung
   *[other] { $days } Tage ab der ersten Aktivierung
}
perpetual = unbefristet
included = enthalten
machine = Rechner
machines = Rechner
machines-none = Es wurde noch kein Rechner aktiviert.
machines-none-yet = Bringen Sie oben die Anfragedatei des ersten.
state = Zustand
state-active = aktiv
state-returned = aufgegeben, Platz behalten
state-deactivated = deaktiviert
state-replaced = nach einer Neuinstallation ersetzt
state-released = ohne den Rechner freigegeben
app-version = Programm
since = Seit
runs-until = Läuft bis
install-before = Installieren vor

licenses-view = Welche Lizenzen
licenses-of-organization = Der Organisation
licenses-mine = Meine und die meiner Gruppen
licenses-search-hint = Produkt, Tarif, Inhaber, Schlüssel, Rechner
licenses-none-found = Dazu passt keine Lizenz.
search = Suche
search-too-many = Es gibt mehr Treffer, als durchgesehen werden konnten. Suchen Sie nach mehr vom Namen.
all = Alle
sort = Reihenfolge
sort-created = Neueste zuerst
sort-end = Bald endende zuerst
sort-product = Nach Produkt
sort-seats = Meiste Aktivierungen
sort-name = Nach Namen
show-list = Zeigen
show-all = Alle zeigen
filter-active = aktiv
filter-ending = endet in 30 Tagen
filter-ended = abgelaufen
filter-suspended = ausgesetzt
filter-revoked = widerrufen
pages = Seiten
page-first = Erste Seite
page-previous = Vorige Seite
page-next = Nächste Seite
export-table = Als Tabelle (CSV)
export-calendar = Enden als Kalender
table-cut = Mehr als { $count } Zeilen: Suchen Sie nach weniger, um den Rest zu bekommen.
activations-used = Aktivierungen jetzt
activations-allowed = Erlaubte Aktivierungen
activations-total = Aktivierungen insgesamt
activations-ever = Insgesamt { $count }
deactivations-used = Deaktivierungen
deactivations-allowed = Erlaubte Deaktivierungen
ends = Endet
calendar-summary = Die Lizenz für { $product } endet
to-calendar = In den Kalender
status-ends-in = { $days ->
    [one] endet in { $days } Tag
   *[other] endet in { $days } Tagen
}
reason-active = Die Lizenz gilt: Rechner können aktiviert, erneuert und deaktiviert werden.
reason-full = Die Lizenz gilt, und alle ihre Aktivierungen sind belegt: Ein weiterer Rechner braucht eine, die ein anderer aufgegeben hat.
reason-ending = Die Lizenz gilt bis { $end }. Bitten Sie den Hersteller rechtzeitig um Verlängerung; jeder Rechner braucht dann eine frische Antwort von hier.
reason-ended = Die Lizenz endete am { $end }: Kein Rechner kann aktiviert oder erneuert werden. Hat der Hersteller sie verlängert, holen Sie hier für jeden Rechner eine frische Antwort.
reason-suspended = Der Hersteller hat die Lizenz ausgesetzt: Bis er das aufhebt, kann kein Rechner aktiviert oder erneuert werden. Rechner mit einer Antwort laufen bis zu deren Ende weiter. Fragen Sie den Hersteller nach dem Grund.
reason-revoked = Der Hersteller hat die Lizenz widerrufen: Kein Rechner kann mehr aktiviert oder erneuert werden. Fragen Sie den Hersteller nach dem Grund.
starts-perpetual = Ohne Ende.
starts-fixed = Der Hersteller hat dieses Ende gesetzt.
starts-creation = Sie begann, als die Lizenz angelegt wurde, { $date }.
starts-first = Sie begann mit der ersten Aktivierung, { $date }.
starts-not-yet = Sie beginnt mit der ersten Aktivierung.
releases-within-year = Ohne Nachweis freigegebene Plätze, in einem Jahr
releases-ever = Insgesamt { $count }.
releases-again = Der nächste ist am { $again } möglich.
key-of-organization = Den ganzen Schlüssel sehen die Verwalter Ihrer Organisation.
machines-search-hint = Anfang eines Rechnernamens
machines-none-found = Dazu passt kein Rechner.
states-live = belegt einen Platz
states-over = belegt keinen mehr
by-door-page = die öffentliche Seite, niemand angemeldet
by-door-api = ein Programm
ended-at = Beendet
activation-id = Aktivierung
renew-all = Antworten für alle Rechner nach dem jetzigen Stand (Zip)
renew-all-hint = Eine Datei für jeden aktiven Rechner, die dort installiert wird: eine frische Antwort, wo sich die Lizenz geändert hat, sonst die letzte noch einmal. Neue Anfragedateien braucht es nicht.
renew-all-cut = Das Zip enthält die { $count } neuesten Rechner; holen Sie die der anderen auf deren eigenen Seiten.
machine-files = Dateien
machine-response = Die Antwort noch einmal herunterladen
machine-response-hint = Was dieser Rechner zuletzt bekam: dieselbe Datei, Byte für Byte. Sie muss vor dem Datum oben installiert werden.
machine-response-over = Was dieser Rechner zuletzt bekam: dieselbe Datei, Byte für Byte, für Ihre Unterlagen.
machine-response-none = Die Antwort auf die Anfrage dieses Rechners bekommen Sie wieder, wenn Sie dieselbe Anfragedatei noch einmal bringen.
machine-receipt = Die Quittung herunterladen
machine-receipt-hint = Die Quittung, dass dieser Rechner seinen Platz zurückgegeben hat ({ $file }).
renewal = Erneuerung
renew = Eine frische Antwort herunterladen
renewal-current = Die Antwort dieses Rechners ist auf dem Stand der Lizenz. Ist sie noch nicht installiert, laden Sie sie oben noch einmal herunter: Es ist dieselbe Datei.
renewal-late = Die Antwort dieses Rechners ist auf dem Stand der Lizenz, lässt sich aber nicht mehr installieren. Wurde sie es nie, so lässt sich eine frische installieren.
renewal-unknown = Was die Antwort dieses Rechners sagt, lässt sich nicht mehr lesen. Eine frische sagt, was die Lizenz jetzt sagt.
renewal-older = Die Lizenz wurde geändert, seit dieser Rechner seine letzte Antwort bekam. Eine frische ändert auf dem Rechner:
renewal-no-request = Bis die frische installiert ist, läuft er mit dem weiter, was er hat. Eine neue Anfragedatei braucht es nicht.
change-end = Er läuft { $after } statt { $before }.
change-plan = Tarif: { $after } statt { $before }.
change-holder = Inhaber: { $after } statt { $before }.
change-added = Neu: { $feature }.
change-removed = Nicht mehr enthalten: { $feature }.
change-feature = { $feature } statt { $before }.
change-metadata = Was der Hersteller dem Programm sonst mitteilt, ist anders.
change-strategy = Wie viel sich am Rechner ändern darf, ist anders.
change-deactivation-possible = Der Rechner lässt sich wieder deaktivieren.
change-deactivation-over = Es sind keine Deaktivierungen mehr übrig: Der Rechner lehnt es ab, deaktiviert zu werden.
machines-older = Die Lizenz wurde geändert, seit einige dieser Rechner ihre letzte Antwort bekamen. Was eine frische Antwort ändert, steht unter ihren Namen; bis sie installiert ist, läuft jeder Rechner mit dem weiter, was er hat.
renewal-license = Solange die Lizenz nicht gilt, gibt es keine frische Antwort.
renewal-no-seat = Dieser Rechner belegt keinen Platz der Lizenz: Für ihn gibt es keine frische Antwort.
renewal-left-out = nicht-erneuert
machine-lost = Ist der Rechner verloren oder defekt?
machine-lost-hint = Sein Platz kann ohne eine Deaktivierungsdatei des Rechners frei werden. Läuft er noch, deaktivieren Sie ihn lieber dort: Das kostet keine Freigabe.
machine-released = Der Platz wurde am { $when } ohne den Rechner freigegeben.
machine-released-by = Durch { $by }.
machine-came-back = Der Rechner wurde am { $when } wieder gesehen.
machine-not-back = Der Rechner wurde seither nicht gesehen.
release-seat = Den Platz ohne Nachweis freigeben
release-title = Den Platz von { $machine } freigeben
release-what = Der Platz ist sofort für einen anderen Rechner frei. Das lässt sich nicht zurücknehmen.
release-left = { $left ->
    [one] Eine Freigabe ist jetzt noch übrig, von { $allowed } innerhalb eines Jahres, für diese Lizenz.
   *[other] { $left } Freigaben sind jetzt noch übrig, von { $allowed } innerhalb eines Jahres, für diese Lizenz.
}
release-cool-down = { $hours ->
    [one] Nach dieser kann der nächste Platz dieser Lizenz in { $hours } Stunde freigegeben werden.
   *[other] Nach dieser kann der nächste Platz dieser Lizenz in { $hours } Stunden freigegeben werden.
}
release-by-vendor = Sie sind der Hersteller: Anzahl und Wartezeit gelten für Sie nicht, aber die Freigabe zählt.
release-back = Taucht dieser Rechner wieder auf, wird er erkannt, und das steht dann hier und im Verlauf. Um wieder aktiviert zu werden, braucht er einen freien Platz.
release-instead = Die Freigabe wird mit Ihrem Namen festgehalten. Läuft der Rechner noch, deaktivieren Sie ihn lieber dort.
release-reason = Grund
release-reason-hint = Für Ihre eigenen Unterlagen, zum Beispiel „gestohlen, am Montag gemeldet“. Höchstens 200 Zeichen.
activity-activation-release = Der Platz von { $subject } wurde ohne den Rechner freigegeben. { $detail }
activity-activation-after-release = { $subject }, dessen Platz freigegeben worden war, ist wieder da und wurde wieder aktiviert.
activity-activation-proof-after-release = { $subject }, dessen Platz freigegeben worden war, wurde doch noch deaktiviert.

## Konto

## Organisation

## Veröffentlichungen

## Die Seiten des Herstellers

journals = Journale
journals-title = Journale anderer Unterzeichner
journals-lead = Was Supportplätze mit eigenen Schlüsseln ohne das Portal unterzeichnet haben, kommt hierher: countersign journal push.
journals-none = Noch kein Journal ist angekommen.
journal-of = Journal von { $holder }
journal-holder-unknown = unbekannter Inhaber
journal-key = Schlüssel
journal-begun = Begonnen
journal-own-id = Eigene Kennung
journal-entries = Einträge
journal-last-push = Zuletzt gekommen
journal-head = Sein Ende
journal-alarms = Anzusehen
journal-no-alarm = nichts
journal-forked = Zwei Einträge haben dieselbe Nummer: Seit { $date } gibt es zwei Fassungen dieses Journals. Es wurde umgeschrieben, oder mit einer Kopie wurde weiter unterzeichnet. Alle Einträge beider sind hier und gezählt.
journal-shares-id = Ein anderes Journal mit anderer erster Zeile gibt sich dieselbe Kennung.
journal-odd = { $count } Einträge wurden nicht gezählt oder sind auffällig: { $verdict }
journal-gaps = Fehlende Bewilligungen: Die Nummern { $ranges } der Delegation { $delegation } stehen in keinem Journal, das angekommen ist. Wer den Schlüssel hat, führt ein weiteres Journal, oder jemand hat eine Kopie des Schlüssels.
journal-twice = Die Nummern { $ranges } der Delegation { $delegation } wurden zweimal verwendet: Jemand hat eine Kopie des Schlüssels. Widerrufen Sie ihn.
journal-taken-back-at = Seine Rechner wurden am { $date } zurückgenommen.
journal-entry = Eintrag
journal-signed = Unterzeichnet
journal-what = Was
journal-for = Wofür
journal-became = Was daraus wurde
journal-kind-activation = Aktivierung
journal-kind-trial = Testlizenz
journal-kind-deactivation = Quittung
journal-kind-time-reset = Zeitkorrektur
journal-kind-release = Release oder Prüfpunkt
journal-kind-unread = nicht lesbar
journal-duplicate = dieselbe Anfrage wurde auch anders beantwortet
journal-all = Alle Einträge
verdict-counted = gezählt
verdict-receipt = Platz zurückgegeben
verdict-trial = Testlizenz vermerkt
verdict-trial-again = weitere Testlizenz dieses Rechners
verdict-noted = vermerkt
verdict-known = liegt dem Portal vor
verdict-unknown-license = keine Lizenz des Portals
verdict-unknown-product = kein Produkt des Portals
verdict-other-product = die Lizenz gilt für ein anderes Produkt
verdict-other-activation = die Kennung eines anderen Rechners
verdict-other-device = nicht die Aktivierung dieses Rechners
verdict-not-verified = nicht verifiziert
take-back = Seine Rechner zurücknehmen
take-back-title = Alle Rechner dieses Journals zurücknehmen?
take-back-hint = Wurde der Schlüssel gestohlen, sind seine Rechner nicht die Ihrer Kunden. Widerrufen Sie zuerst den Schlüssel: keys revoke. Dann nehmen Sie sie hier zurück: Jeder Platz, den dieses Journal vergeben hat, wird freigegeben, als wäre der Rechner als verloren gemeldet. Die Einträge bleiben. Rechner, die eine Antwort haben, laufen weiter, bis ihre Bewilligung endet oder sie von einem Widerruf wegen Diebstahls erfahren.
take-back-confirm = { $count } Rechner zurücknehmen
take-back-none = Dieses Journal hält keinen Platz.
take-back-reason = Journal zurückgenommen
signed-by = Unterzeichnet von
signed-by-portal = dem Portal
overruns = Mehr Rechner als erlaubt
overruns-what = Mehrere Unterzeichner haben Plätze vergeben, ohne voneinander zu wissen. Alle diese Rechner laufen; die letzten nach der Zeit der Unterschrift sind:
overruns-more = Insgesamt sind es { $count }.
overruns-deactivations = { $count } Aktivierungen wurden über die erlaubten Deaktivierungen hinaus aufgegeben.
overruns-do = Bis es weniger sind, bekommt niemand einen weiteren Platz. Erlauben Sie mehr, lassen Sie Rechner deaktivieren oder freigeben, oder nehmen Sie das Journal zurück, wenn niemand von Ihnen das unterzeichnet hat.
over-by = { $count } zu viel
reason-over = Die Lizenz gilt, und { $count } Rechner mehr nutzen sie, als sie erlaubt: Sie wurden an verschiedenen Stellen aktiviert. Ein weiterer Rechner braucht eine Aktivierung, die ein anderer aufgegeben hat, sobald es weniger sind.
machine-of-key = Rechner { $key }…
by-door-journal = ein Supportplatz ohne das Portal
by-door-journal-of = unterzeichnet von { $holder }
by-door-machine = an seiner eigenen Aktivierung erkannt, nach dem Zurückspielen älterer Daten
activity-activation-merge = { $subject }, den ein Supportplatz beantwortet hatte, wurde mitgezählt.
activity-activation-merge-receipt = { $subject }, dem ein Supportplatz quittiert hatte, wurde deaktiviert.
activity-activation-recognise = { $subject } brachte eine Aktivierung mit, die das Portal vergessen hatte; sie zählt wieder.
activity-activation-recognise-over = { $subject } zählt wieder, über die Grenze seiner Lizenz hinaus: { $detail } darüber in Benutzung.

overview = Überblick
products = Produkte
customers = Kunden
settings = Einstellungen
settings-rules = Regeln
settings-look = Aussehen
settings-texts = Texte
company-name = Name der Firma
company-name-hint = Auf Seiten und in Mails. Leer: { $vendor }, der Name, den Antworten tragen; der bleibt, wie er ist.
shows-name = Den Namen neben dem Logo zeigen
website = Website
website-unfit = Eine Website schreibt man https://acme.example, in einfachen Buchstaben und ohne Benutzernamen.
support-address = Adresse für Hilfe
support-address-hint = Eine E-Mail-Adresse oder eine Website. Sie steht am Fuß jeder Seite und jeder Mail und dort, wo etwas nicht ging.
support-unfit = Die Adresse für Hilfe ist eine E-Mail-Adresse oder eine Website, geschrieben https://acme.example.
accent = Akzentfarbe
accent-hint = Links und Knöpfe. Geschrieben #0b5cad; leer für die Farben des Portals.
accent-dark = Akzentfarbe auf dunklen Seiten
accent-dark-hint = Leer: die nächste zur anderen, die man dort lesen kann.
accent-unfit = Eine Farbe schreibt man #0b5cad oder rgb(11, 92, 173).
accent-faint-title = Diese Farbe ist schlecht zu lesen
accent-faint-light = { $colour } hat einen Kontrast von { $contrast } zu 1 mit hellen Seiten oder mit Text darauf; nötig ist 4.5 zu 1. { $nearest } ist die nächste Farbe, die ihn hat.
accent-faint-dark = { $colour } hat einen Kontrast von { $contrast } zu 1 mit dunklen Seiten oder mit Text darauf; nötig ist 4.5 zu 1. { $nearest } ist die nächste Farbe, die ihn hat.
accent-faint-advice = Es wurde nichts geändert. Speichern Sie mit der nächsten Farbe, oder geben Sie eine andere ein.
accent-use-nearest = Mit der nächsten Farbe speichern
on-light-pages = auf hellen Seiten
on-dark-pages = auf dunklen Seiten
logo = Logo
logo-hint = PNG, JPEG oder WebP, höchstens 2 MB und 4096 Pixel je Seite. Es wird 32 Pixel hoch und bis zu 160 breit gezeigt. Wo man es nicht sähe, bekommt es einen eigenen Grund.
logo-choose = Ein Logo wählen
tab-icon = Symbol
tab-icon-hint = Für Reiter und Lesezeichen. Ohne eines wird es aus dem Logo gemacht.
tab-icon-choose = Ein Symbol wählen
picture-draft = So würde es aussehen
picture-now = In Gebrauch
picture-look = Ansehen
picture-use = Verwenden
picture-discard = Verwerfen
picture-remove = Entfernen
picture-none = Mit dem Formular kam kein Bild.
picture-bytes = Das Bild hat mehr als { $most } MB.
picture-format = Die Datei ist kein Bild in PNG, JPEG oder WebP, wie immer sie heißt. Geben Sie eine Zeichnung (SVG) als PNG aus, doppelt so groß, wie sie gezeigt wird.
picture-size = Das Bild hat { $width } × { $height } Pixel. Jede Seite hat { $shortest } bis { $longest }, und alle zusammen sind höchstens { $most } Millionen.
picture-animated = Das Bild bewegt sich. Speichern Sie ein einzelnes Bild daraus.
picture-damaged = Das Bild ist beschädigt oder abgeschnitten.
texts-hint = Einfacher Text oder Markdown: *schräg*, **fett**, Listen, [Links](https://acme.example). Bilder und HTML werden nicht gezeigt. Wer eine andere Sprache liest, bekommt, was da ist.
text-public = Die öffentliche Seite
text-public-hint = Über dem Formular, zu dem man Anfragen bringt, höchstens 2000 Zeichen in jeder Sprache.
text-foot = Am Fuß jeder Seite
text-foot-hint = Etwa Links zum Impressum und zum Datenschutz. Höchstens 300 Zeichen in jeder Sprache.
text-unfit = { $field }: Es sind Steuerzeichen darin.
texts-see = Die öffentliche Seite ansehen
cap-days = Längste Frist zum Installieren, in Tagen
cap-days-hint = Keine Antwort kann später als so lange nach dem Unterschreiben installiert werden, was immer ihre Lizenz sagt.
cap-days-range = Die längste Frist zum Installieren ist 1 bis 3650 Tage.
releases-per-year = Freigaben verlorener Rechner, je Lizenz und Jahr
releases-per-year-hint = So viele Plätze einer Lizenz darf ihr Besitzer innerhalb von 365 Tagen ohne den Rechner freigeben. Sie zählen nicht als Deaktivierungen.
releases-per-year-range = Die Freigaben je Lizenz und Jahr sind 0 bis 1000.
cool-down-hours = Stunden von einer Freigabe einer Lizenz zur nächsten
cool-down-hint = Bis dahin kann kein weiterer Platz der Lizenz freigegeben werden. Für Sie selbst gilt das nicht.
cool-down-range = Die Zeit zwischen zwei Freigaben ist höchstens 8760 Stunden.
trial-origins = Testseiten, die hier anfragen dürfen, ein Ursprung pro Zeile
trial-origins-hint = Schema und Rechnername, ohne Pfad.
trials-per-day = Testzeiten am Tag
trials-per-day-hint = So viele Testzeiten aller Produkte zusammen dürfen an einem Tag (UTC) beginnen; ist die Zahl erreicht, bekommen Sie eine E-Mail. Leer heißt beliebig viele.
trials-per-day-range = Die Testzeiten am Tag sind 1 bis 1000000, oder nichts für beliebig viele.
trial-work = Arbeit vor einer Testzeit, in Bits
trial-work-hint = Wer nicht angemeldet ist, lässt seinen Browser rechnen, bevor eine Testzeit beginnt; eine Testseite tut das von selbst. 18 dauert auf einem Telefon ein bis zwei Sekunden, jedes weitere doppelt so lange. 0 heißt keine.
trial-work-range = Die Arbeit vor einer Testzeit ist 0 bis 26 Bits.
trial-origins-operator = Von der Befehlszeile auch: { $origins }.
two-factor-key-title = Der Schlüssel der Zwei-Faktor-Anmeldung fehlt
two-factor-key = Niemand kann sich mit einem Code einer Authenticator-App anmelden, bis die Datei aus Ihrer Sicherung zurückgelegt und das Portal neu gestartet ist. Wiederherstellungscodes gelten, und auf der Seite eines Benutzers können Sie die Zwei-Faktor-Anmeldung ausschalten. Ist die Datei endgültig verloren, halten Sie das Portal an und rufen Sie countersign-portal admin lost-two-factor-key auf.
root-left-title = Der Wurzelschlüssel ist noch hier
root-left = Tragen Sie ihn an einen Ort ohne Netz, und löschen Sie ihn hier. Das Portal braucht ihn nicht.
tokens = API-Token
tokens-lead = Mit einem Token handeln Programme für Sie, etwa die Befehlszeile des Supports. Ein Token darf, was beim Erstellen angekreuzt ist, und sonst nichts.
token-scopes = Was es darf
token-end = Endet
token-last-used = Zuletzt benutzt
token-revoke = Widerrufen
token-live = gilt
token-ends-soon = endet bald
token-expired = ist abgelaufen
token-revoked = widerrufen
token-new = Neues Token
token-name = Name
token-name-hint = Wofür es ist und wo es liegt, etwa: Laptop des Supports.
token-name-needed = Ein Token hat einen Namen.
token-scope-needed = Ein Token, das nichts darf, nützt nichts: Kreuzen Sie an, was es darf.
token-scope-unknown = So etwas, das ein Token dürfte, gibt es nicht.
token-days = Tage, die es gilt
token-days-hint = 1 bis { $most }. Es endet auch, wenn Sie ein neues Passwort bekommen, gesperrt oder deaktiviert werden.
token-days-range = Ein Token gilt 1 bis { $most } Tage.
token-make = Token erstellen
token-not-yours = Token sind für Administratoren des Herstellers, die sich anmelden dürfen.
token-too-many = Sie haben { $count } gültige Token, mehr darf niemand haben. Widerrufen Sie eines, das nicht gebraucht wird.
token-made-title = Das neue Token
token-made = Kopieren Sie es jetzt: Es wird nicht noch einmal gezeigt, und auch das Portal selbst kennt es nicht mehr.
token-made-file = Legen Sie es in eine Datei, die sonst niemand lesen kann, und nennen Sie diese Datei mit --token-file. Wer das Token hat, kann, was es darf.
scope-requests-answer = requests:answer – Anfragen beantworten, in den Grenzen ihrer Lizenzen
scope-policy-read = policy:read – Produkte lesen, und was Lizenzen gewähren, ohne ihre Schlüssel
scope-journal-push = journal:push – Journale von Offline-Signierern einreichen
never = nie
approvals = Freigaben zu zweit
approvals-lead = Was zwei Menschen braucht, wartet hier auf einen anderen Administrator.
two-people = Vier-Augen-Regel
two-people-what = Mit ihr werden eine Lizenz ohne Ende oder mit einem in mehr als zehn Jahren und die Freigabe eines Platzes durch Sie ohne den Rechner zu zweit getan: Ein Administrator schlägt es vor, ein anderer stimmt innerhalb von sieben Tagen zu.
two-people-begin = Einschalten
two-people-end = Ausschalten vorschlagen
approvals-waiting = Wartend
approvals-none = Es wartet nichts.
approvals-decided = Entschieden
approval-until = Wartet bis
approve = Zustimmen
approval-refuse = Ablehnen
approval-take-back = Zurückziehen
approval-own-hint = Das ist Ihr eigener Vorschlag: Jemand anders muss zustimmen.
approval-create-license = Neue Lizenz
approval-extend-license = Lizenz verlängern
approval-release-seat = Platz eines verlorenen Rechners freigeben
approval-end-rule = Vier-Augen-Regel ausschalten
approval-new-end = Würde enden
approval-features = Funktionen
approval-metadata = Weitere Angaben
approval-any-number = beliebig viele
approval-days-from-creation = { $count } Tage ab Anlage
approval-days-from-first = { $count } Tage ab der ersten Aktivierung
approval-proposed-by = Vorgeschlagen von
approval-decided-by = Entschieden von
approval-is-waiting = wartet
approval-is-approved = zugestimmt
approval-is-refused = abgelehnt
approval-is-stale = nicht mehr möglich
approval-own = Niemand stimmt dem eigenen Vorschlag zu. Es wurde nichts getan: Fragen Sie einen anderen Administrator.
approval-over = Das wartet nicht mehr: Es wurde entschieden, zurückgezogen, oder die sieben Tage sind um. Es wurde nichts getan.
approval-stale = Worum es geht, hat sich seit dem Vorschlag geändert, oder wer es vorschlug, darf es nicht mehr. Es wurde nichts getan: Es muss neu vorgeschlagen werden.
approval-needed = Das braucht einen zweiten Administrator: Schlagen Sie es auf den Seiten des Herstellers vor. Es wurde nichts geändert.
approval-nobody-else = Es gibt keinen anderen aktiven Administrator, der zustimmen könnte. Es wurde nichts geändert: Legen Sie zuerst einen weiteren an.
approval-too-many = Es warten schon hundert Vorschläge. Es wurde nichts geändert: Entscheiden Sie zuerst über einige davon.
release-needs-two = Ein anderer Administrator muss zustimmen.
audit-log = Protokoll
audit-lead = Alles, was hier geändert wurde, von wem und wann. Jeder Eintrag trägt die Prüfsumme des vorigen, sodass nichts unbemerkt geändert oder herausgenommen werden kann.
audit-trouble = Das Protokoll wird nicht so geführt, wie es sollte
audit-chained = Einträge in der Kette
audit-waiting = { $count ->
    [0] alle, die es gibt
    [one] einer wartet noch, für einige Sekunden
   *[other] { $count } weitere warten
}
audit-last-checkpoint = Letzte Beglaubigung, bis Eintrag
audit-none-yet = noch keine
audit-subject-hint = Kennung, E-Mail-Adresse oder Lizenzschlüssel
audit-actor-hint = E-Mail-Adresse oder Kennung
audit-from = Von Tag
audit-until = Bis Tag
audit-none-found = Nichts gefunden.
audit-none-here = Bisher nichts gefunden. Die nächste Seite sucht weiter zurück.
audit-further-back = Ein Teil des Protokolls wurde durchsucht. Die nächste Seite sucht weiter zurück.
audit-export = Ganzes Protokoll, zum Prüfen
audit-checkpoints = Beglaubigungen
audit-checkpoints-lead = Jeden Tag wird unterschrieben, wie weit das Protokoll reicht. Wer in die Datenbank schreiben kann, kann das Protokoll neu machen, aber keine Beglaubigung, die jemand anders aufbewahrt: Bringen Sie sie an einen Ort, den dieses Portal nicht ändern kann, und vergleichen Sie hin und wieder mit countersign audit verify.
audit-entry = Bis Eintrag
audit-signed = Unterschrieben
audit-file = Datei
audit-download = Herunterladen
audit-download-of = Die Beglaubigung von Eintrag { $entry } herunterladen
audit-sign-now = Jetzt eine unterschreiben
audit-no-checkpoint = Es wurde nichts unterschrieben und nichts geändert: { $detail }
audit-log-id = Kennung dieses Protokolls:
audit-all = Das ganze Protokoll
audit-row = Zeile
audit-by-command = die Befehlszeile
audit-by-first-start = der erste Start
audit-of-this = Was damit geschah
audit-by-them = Was sie getan haben
audit-detail = Näheres
keys = Schlüssel
root-key = Wurzelschlüssel für Ihr Programm
signing-key = Schlüssel zum Unterschreiben
delegated-until = Übertragen bis
keys-more = Mehr über die Schlüssel, und neue
keys-kid = Fingerabdruck
keys-x = Öffentlicher Schlüssel
keys-x-hint = An ihn wird neu übertragen: countersign keys delegate --to
keys-holder = Inhaber
keys-types = Darf unterschreiben
keys-longest = Längste Freigabe
keys-serial = Seriennummer
keys-from = Von
keys-left = Verbleibt
keys-days-left = { $days ->
    [one] { $days } Tag
   *[other] { $days } Tage
}
keys-next = Nächster Schlüssel
keys-next-hint = Erzeugt und in Bereitschaft: Überträgt die Wurzel an ihn, so macht die Übertragung ihn zum Schlüssel zum Unterschreiben.
keys-root-signed = Was die Wurzel unterschrieben hat
keys-list-name = Sperrliste
keys-list = Nummer { $number } vom { $when }: { $count ->
    [one] ein Schlüssel
   *[other] { $count } Schlüssel
}
keys-no-list = Keine
keys-rotation = Wurzel Nummer { $number }; die vorige unterschreibt bis { $until }
keys-ends-title = Der Schlüssel zum Unterschreiben endet bald
keys-ends = { $days ->
    [0] Die Übertragung endet innerhalb eines Tages,
    [one] Die Übertragung endet in einem Tag,
   *[other] Die Übertragung endet in { $days } Tagen,
} am { $until }. Danach wird nichts Neues unterschrieben, kein Rechner aktiviert oder erneuert. Übertragen Sie neu, wo die Wurzel ist, und bringen Sie die Datei hierher.
keys-ended-title = Der Schlüssel zum Unterschreiben ist abgelaufen
keys-ended = Die Übertragung endete am { $until }. Bis es eine andere gibt, wird nichts Neues unterschrieben: Übertragen Sie neu, wo die Wurzel ist, und bringen Sie die Datei hierher.
keys-trouble-title = Die Dateien im Schlüsselordner werden nicht verwendet
keys-trouble = Sie wurden geändert, und was jetzt dort liegt, ist nicht zu verwenden. Das Portal arbeitet mit den früheren weiter; nach einem Neustart könnte es das nicht. Berichtigen Sie sie, oder legen Sie die früheren zurück.
keys-install-title = Bringen, was die Wurzel unterschrieben hat
keys-install = Eine neue Übertragung, eine Sperrliste oder ein Wurzelwechsel. Was zusammen kommt, wird zusammen übernommen und sofort verwendet. Nichts wird übernommen, was die Wurzel nicht unterschrieben hat oder was älter ist als das Vorhandene.
keys-files = Dateien
keys-pasted = Text einer Datei
keys-less = Es ist gewollt, dass weniger erlaubt ist als jetzt: ein kleinerer Umfang, ein früheres Ende, weniger Schlüssel auf der Liste
keys-install-button = Prüfen und verwenden
keys-upload-broken = Die Dateien sind nicht vollständig angekommen oder größer, als solche Dateien sind.
scope-activation = Aktivierungen
scope-deactivation = Deaktivierungen
scope-trial = Testzeiten
scope-release = Versionen
scope-time-reset = Zurückstellen der Zeit
scope-audit-checkpoint = Beglaubigungen des Protokolls
scope-all-products = Alle
scope-days = { $days ->
    [one] { $days } Tag
   *[other] { $days } Tage
}
scope-no-limit = Unbegrenzt
keys-refused-nothing = Es wurde keine Datei gebracht.
keys-refused-many = Es werden höchstens { $most } Dateien auf einmal übernommen.
keys-refused-private = { $name } ist ein privater Schlüssel. Er gehört nicht hierher und wurde nicht behalten: Bringen Sie, was die Wurzel damit unterschrieben hat.
keys-refused-unreadable = { $name } ist keine Übertragung, keine Sperrliste und kein Wurzelwechsel, oder die Datei ist beschädigt.
keys-refused-kind = { $name } ist { $kind }, keine Übertragung, keine Sperrliste und kein Wurzelwechsel.
keys-refused-twice = { $name } ist die zweite Datei ihrer Art: Eine Übertragung und eine Liste werden auf einmal übernommen.
keys-refused-busy = Die Schlüssel werden gerade von jemand anderem geändert. Versuchen Sie es gleich noch einmal.
keys-at-signer-title = Der Schlüssel liegt bei einem Signierer
keys-at-signer = Der Schlüssel liegt bei einem eigenen Programm, das dieses Portal fragt. Eine neue Delegation, eine Sperrliste oder ein Wechsel der Wurzel kommt dorthin: countersign-portal keys install, mit --data und dem Ordner des Signierers. Das Portal erfährt davon in Sekunden.
keys-refused-at-signer = Der Schlüssel liegt bei einem Signierer, und seine Papiere auch: Bringen Sie sie dorthin.
keys-refused-disk = Die Dateien im Schlüsselordner passen nicht zueinander: { $detail }.
keys-refused-untrusted = Die Wurzel dieses Portals hat das nicht unterschrieben: { $detail }.
keys-refused-retired = Es ist von einer Wurzel unterschrieben, die da schon ersetzt war: { $detail }.
keys-refused-invalid = Das ist nicht zu verwenden: { $detail }.
keys-refused-rotation = Der Wurzelwechsel folgt nicht auf die bekannten: { $detail }.
keys-refused-rotation-known = Der Wechsel zur Wurzel Nummer { $number } ist schon bekannt.
keys-refused-root-ended = Mit diesem Wechsel ist die Wurzel über der Übertragung des Portals abgelaufen, und nichts könnte unterschrieben werden. Bringen Sie ihn zusammen mit einer Übertragung der neuen Wurzel.
keys-refused-list-same = Diese Sperrliste ist schon in Verwendung.
keys-refused-list-older = Die Sperrliste hat die Nummer { $number }, und Nummer { $present } ist in Verwendung: Eine ältere Liste würde Sperren aufheben.
keys-refused-list-forgets = { $count ->
    [one] Die Liste lässt einen Schlüssel aus, den die jetzige sperrt.
   *[other] Die Liste lässt { $count } Schlüssel aus, die die jetzige sperrt.
} Machen Sie sie aus der jetzigen (--list), oder geben Sie an, dass es gewollt ist.
keys-refused-list-names-own = Die Liste sperrt den eigenen Schlüssel des Portals: Kein Rechner nähme, was er unterschreibt. Bringen Sie sie zusammen mit einer Übertragung für den nächsten Schlüssel.
keys-refused-delegation-same = Diese Übertragung ist schon in Verwendung.
keys-refused-delegation-older = Die Übertragung ist nicht neuer als die verwendete: Ihre Seriennummer ist nicht höher, oder sie wurde früher unterschrieben.
keys-refused-other-key = Die Übertragung ist für den Schlüssel { $key }, der weder der des Portals noch sein nächster ist.
keys-refused-counted = Die Übertragung erlaubt eine Anzahl von Freigaben, die das Portal nicht zählt. Machen Sie eine ohne --max-grants.
keys-refused-approved = Sie verlangt die Zustimmung eines zweiten Schlüssels, die das Portal nicht einholen kann. Erstellen Sie eine ohne --approved-days.
keys-refused-ended = Die Übertragung endete am { $when }.
keys-refused-early = Die Übertragung beginnt am { $when }. Bis dahin könnte nichts unterschrieben werden.
keys-refused-revoked = Die Übertragung ist von der Liste gesperrt.
keys-refused-less = Die Übertragung erlaubt weniger als die jetzige: { $what }. Ist das gewollt, so sagen Sie es mit dem Häkchen (--less auf der Befehlszeile).
keys-less-types = Arten von Dateien fehlen
keys-less-products = Produkte fehlen
keys-less-days = Freigaben wären kürzer
keys-less-time = sie endet früher
what-happened = Was geschehen ist
when = Wann
what = Was
to-what = Woran
by-whom = Von
id = Kennung
trial = Testzeit
archived = stillgelegt
archived-hint = Stillgelegt: keine neuen Lizenzen und keine Testzeiten. Die vorhandenen Lizenzen gelten weiter: Ihre Rechner werden aktiviert und erneuert, und ihre Veröffentlichungen lassen sich herunterladen.
new-product = Neues Produkt
create-product = Produkt anlegen
product-id-rule = Kennung: a-z 0-9 . _ -
product-id-wrong = Die Kennung eines Produkts besteht aus 1 bis 64 von a-z 0-9 . _ -
product-id-taken = Ein Produkt mit dieser Kennung gibt es schon.
product-name-needed = Ein Produkt hat einen Namen.
product-unknown = Dieses Produkt gibt es nicht.
product-archived = Das Produkt ist stillgelegt: Es bekommt keine neuen Lizenzen. Nehmen Sie zuerst auf seiner Seite den Haken weg.
product-first = Legen Sie zuerst ein Produkt an:
trial-days = Testzeit, in Tagen (leer: keine)
strategy = Wie Rechner gebunden werden
features-lines = Funktionen, eine pro Zeile: name, name=7 oder name=wort
metadata-lines = Weitere Angaben, eine pro Zeile: name=wert für das Programm, name=wert [user, organization] für Menschen
reinstall-allowance = Neuinstallationen eines Platzes innerhalb eines Jahres
for-your-app = Für Ihr Programm
licenses-of-all = Lizenzen aller Kunden
new-license = Neue Lizenz
create-license = Lizenz anlegen
user = Benutzer
users = Benutzer
organization = Organisation
organizations = Organisationen
allowed-activations = Gleichzeitige Aktivierungen (leer: beliebig viele)
allowed-deactivations = Deaktivierungen (leer: beliebig viele)
days-from-now = Tage ab jetzt
days-from-first = Tage ab der ersten Aktivierung
validity-days = Tage der Gültigkeit
validity-days-needed = Diese Gültigkeit braucht eine Zahl von Tagen.
import-days = Eine Antwort muss installiert werden innerhalb von Tagen
extend-days = Verlängern um Tage
extend-perpetual = Die Lizenz ist unbefristet: Es gibt kein Ende, das sich verlängern ließe.
extend-not-begun = Die Gültigkeit beginnt mit der ersten Aktivierung und hat noch nicht begonnen: Noch gibt es kein Ende, das sich verlängern ließe.
extend-too-far = Ein so fernes Ende lässt sich nicht angeben.
maintenance-until = Wartung bis
maintenance-until-hint = Sie umfasst, was bis zum Ende dieses Tages (UTC) veröffentlicht wird. Leer: so lange wie die Lizenz.
highest-version = Höchste Version
highest-version-hint = Die höchste Version, die damit laufen darf, etwa 2.4.1; 2.x ist die ganze 2. Leer: jede.
created = Angelegt
license-stale = Die Lizenz wurde inzwischen geändert, durch einen Rechner oder jemand anderen. Öffnen Sie sie noch einmal.
license-below-use = { $live } Rechner sind aktiv, und { $deactivations } Deaktivierungen wurden gemacht: Niedriger kann eine Grenze nicht sein.
role = Rolle
role-customer = Kunde
role-admin = Verwaltung
status-invited = eingeladen
status-suspended = gesperrt
new-user = Neuer Benutzer
user-unknown = Dieses Benutzerkonto gibt es nicht.
email-taken = Jemanden mit dieser E-Mail-Adresse gibt es schon.
suspend-yourself = Sie können sich nicht selbst sperren.
last-vendor-admin = Kein Eigentümer wäre mehr da, der sich anmelden kann. Machen Sie zuerst jemand anderen zum Eigentümer.
suspend-own-organization = Sie gehören zu dieser Organisation: Sie würden sich selbst mit aussperren.
new-organization = Neue Organisation
create-organization = Organisation anlegen
organization-name-needed = Eine Organisation hat einen Namen.
organization-unknown = Diese Organisation gibt es nicht.
suspended-hint = Gesperrt: kann sich nicht anmelden
password-link-title = Link zum Festlegen des Passworts
password-link-hint = Geben Sie ihn der Person. Er gilt einmal, sieben Tage lang.
new-password-link = Neuer Passwort-Link

## Mail

mail-signature =
    { $vendor }
    Diese Mail hat das Portal geschrieben; Antworten darauf liest niemand.
mail-help = Hilfe: { $support }
mail-invitation-subject = Einladung zu { $organization } bei { $vendor }
mail-invitation-body =
    { $by } lädt Sie ein, die Lizenzen von { $organization } bei { $vendor } zu nutzen.

    Nehmen Sie die Einladung hier an. Der Link gilt einmal, { $days } Tage lang:

    { $link }

    Wenn Sie nicht wissen, worum es geht, lassen Sie diese Mail liegen: Es geschieht nichts.
mail-reset-password-subject = Neues Passwort für { $vendor }
mail-reset-password-body =
    Jemand, hoffentlich Sie, hat ein neues Passwort für Ihr Konto bei { $vendor } verlangt.

    Setzen Sie es hier. Der Link gilt einmal, { $minutes } Minuten lang:

    { $link }

    Wenn Sie das nicht waren, lassen Sie diese Mail liegen: Ihr Passwort bleibt, wie es ist.
mail-confirm-email-subject = Bestätigen Sie Ihre E-Mail-Adresse für { $vendor }
mail-confirm-email-body =
    Das Konto von { $name } bei { $vendor } möchte diese E-Mail-Adresse verwenden.

    Wenn Sie das sind, bestätigen Sie sie hier. Der Link gilt einmal, { $hours } Stunden lang:

    { $link }

    Wenn Sie das nicht waren, lassen Sie diese Mail liegen: Die Adresse wird nicht verwendet.
mail-address-has-account-subject = Ihre E-Mail-Adresse bei { $vendor }
mail-address-has-account-body =
    Jemand wollte diese E-Mail-Adresse für ein anderes Konto bei { $vendor } verwenden. Es gibt schon ein Konto mit ihr, deshalb wurde nichts geändert.

    Wenn Sie das waren, melden Sie sich stattdessen mit dieser Adresse an. Wenn nicht, ist nichts zu tun.
mail-email-changed-subject = Ihre E-Mail-Adresse bei { $vendor } wurde geändert
mail-email-changed-body =
    Ihr Konto bei { $vendor } verwendet jetzt die Adresse { $new }. Mails gehen von nun an dorthin.

    Wenn Sie das waren, ist nichts zu tun.

    Wenn Sie das nicht waren, machen Sie es hier rückgängig: Sie bekommen Ihr Konto zurück und setzen ein neues Passwort. Der Link gilt einmal, { $days } Tage lang:

    { $link }
mail-trial-cap-subject = Heute keine Testzeiten mehr bei { $vendor }
mail-trial-cap-body =
    { $count ->
        [one] Heute hat eine Testzeit begonnen, und mehr dürfen es nicht sein.
       *[other] Heute haben { $count } Testzeiten begonnen, und mehr dürfen es nicht sein.
    } Bis Mitternacht (UTC) werden weitere abgelehnt. Anfragen, die schon beantwortet wurden, werden beantwortet wie immer, alles andere auch.

    Wenn so viele Menschen Ihre Produkte ausprobieren wollen, erhöhen Sie die Zahl. Wenn nicht, sehen Sie nach, was da fragt:

    { $link }
mail-proposal-subject = Bei { $vendor } wartet etwas auf Ihre Zustimmung
mail-proposal-body =
    { $by } will etwas tun, das einen zweiten Administrator braucht. Sehen Sie nach, was genau, und stimmen Sie innerhalb von sieben Tagen zu oder lehnen Sie ab:

    { $link }
mail-signing-key-ends-subject = Der Schlüssel des Portals von { $vendor } endet bald
mail-signing-key-ends-body =
    Die Übertragung des Schlüssels, mit dem das Portal unterschreibt, endet am { $until }: { $days ->
        [0] innerhalb eines Tages.
        [one] in einem Tag.
       *[other] in { $days } Tagen.
    } Danach wird nichts Neues unterschrieben: Kein Rechner wird aktiviert, erneuert oder deaktiviert, und keine Testzeit beginnt. Was installiert ist, läuft weiter.

    Übertragen Sie neu, wo die Wurzel ist, und bringen Sie die Datei zum Portal. Es übernimmt sie ohne Neustart:

    { $link }
mail-signing-key-ended-subject = Der Schlüssel des Portals von { $vendor } ist abgelaufen
mail-signing-key-ended-body =
    Die Übertragung des Schlüssels, mit dem das Portal unterschreibt, endete am { $until }. Es wird nichts Neues unterschrieben: Kein Rechner wird aktiviert, erneuert oder deaktiviert, und keine Testzeit beginnt. Was installiert ist, läuft weiter.

    Übertragen Sie neu, wo die Wurzel ist, und bringen Sie die Datei zum Portal. Es übernimmt sie ohne Neustart:

    { $link }
mail-password-changed-subject = Ihr Passwort bei { $vendor } wurde geändert
mail-password-changed-body =
    Das Passwort Ihres Kontos bei { $vendor } wurde geändert.

    Wenn Sie das waren, ist nichts zu tun. Wenn nicht, setzen Sie sofort ein neues Passwort:

    { $link }
mail-two-factor-on-subject = Zwei-Faktor-Anmeldung bei { $vendor } ist eingeschaltet
mail-two-factor-on-body =
    Zur Anmeldung an Ihrem Konto bei { $vendor } gehört jetzt auch ein Code einer Authenticator-App.

    Wenn Sie das waren, ist nichts zu tun. Wenn nicht, setzen Sie sofort ein neues Passwort und sagen Sie { $vendor } Bescheid:

    { $link }
mail-two-factor-off-subject = Zwei-Faktor-Anmeldung bei { $vendor } ist ausgeschaltet
mail-two-factor-off-body =
    Zur Anmeldung an Ihrem Konto bei { $vendor } genügt jetzt das Passwort.

    Wenn Sie das waren, ist nichts zu tun. Wenn nicht, setzen Sie sofort ein neues Passwort:

    { $link }
mail-recovery-code-used-subject = Ein Wiederherstellungscode wurde bei { $vendor } benutzt
mail-recovery-code-used-body =
    Jemand hat sich an Ihrem Konto bei { $vendor } mit einem seiner Wiederherstellungscodes angemeldet.

    Wenn Sie das waren, ist nichts zu tun. Wenn nicht, setzen Sie sofort ein neues Passwort:

    { $link }

mail-new-recovery-codes-subject = Neue Wiederherstellungscodes bei { $vendor }
mail-new-recovery-codes-body =
    Ihr Konto bei { $vendor } hat neue Wiederherstellungscodes; die alten gelten nicht mehr.

    Wenn Sie das waren, ist nichts zu tun. Wenn nicht, setzen Sie sofort ein neues Passwort:

    { $link }

mail-token-made-subject = Ein neues API-Token Ihres Kontos bei { $vendor }
mail-token-made-body =
    Es wurde ein Token erstellt, mit dem ein Programm bei { $vendor } für Sie handeln kann.

    Waren Sie das, ist nichts zu tun. Wenn nicht, setzen Sie sofort ein neues Passwort, das alle Ihre Token beendet:

    { $link }

## Konten

organization-full = { $count ->
    [one] Die Organisation hat den einen Benutzer, den sie haben darf. Deaktivieren Sie ihn, oder fragen Sie den Hersteller nach mehr.
   *[other] Die Organisation hat die { $count } Benutzer, die sie haben darf. Deaktivieren Sie jemanden, oder fragen Sie den Hersteller nach mehr.
}
last-organization-admin = Niemand wäre mehr da, der die Organisation verwaltet. Machen Sie zuerst jemand anderen zum Verwalter.
status-deactivated = deaktiviert
error-nothing-changed = Es wurde nichts geändert.
address = Adresse
first-name = Vorname
last-name = Nachname
groups = Gruppen
language = Sprache
profile = Profil
saved = Gespeichert.
refused-wrong-password = Das Passwort ist falsch.
refused-wrong-code = Der Code ist falsch oder wurde schon benutzt. Warten Sie auf den nächsten, und versuchen Sie es noch einmal.
refused-two-factor-unavailable = Das Portal kann Codes von Authenticator-Apps zurzeit nicht prüfen: Der Schlüssel dazu fehlt. Nichts wurde geändert, und kein Versuch wurde gezählt. Nehmen Sie einen Wiederherstellungscode, oder bitten Sie einen Verwalter, die Zwei-Faktor-Anmeldung für Sie auszuschalten.
refused-unfit-name = Ein Name hat höchstens 100 Zeichen in einer Zeile.
refused-unfit-address = Das ist keine E-Mail-Adresse, an die sich Mails schicken lassen.
refused-same-address = Das ist schon die Adresse.
refused-dead-link = Dieser Link wurde benutzt, ist zu alt, oder worum es geht, hat sich erledigt. Bitten Sie um einen neuen.
refused-has-account = Mit dieser Adresse gibt es ein Konto. Melden Sie sich damit an, und öffnen Sie dann den Link noch einmal.
refused-other-address = Die Einladung gilt einer anderen Adresse als der des Kontos, mit dem Sie angemeldet sind.
refused-belongs-elsewhere = Dieses Konto gehört zu einer anderen Organisation. Bitten Sie den Hersteller, es zu verschieben.
forgot-title = Passwort vergessen?
forgot-lead = Geben Sie Ihre E-Mail-Adresse ein. Sie bekommen eine Mail mit einem Link, um ein neues Passwort zu setzen.
forgot-button = Link schicken
forgot-done = Wenn es mit dieser Adresse ein Konto gibt, ist eine Mail unterwegs. Der Link darin gilt { $minutes } Minuten lang. Nichts da? Sehen Sie im Spam-Ordner nach, oder fragen Sie Ihre Administration.
password-is-set = Ihr neues Passwort gilt. Melden Sie sich damit an.
login-code-title = Zweiter Schritt
code-of-app = Code Ihrer Authenticator-App
code-of-app-or-recovery = Code Ihrer Authenticator-App oder ein Wiederherstellungscode
login-code-hint = Sechs Ziffern. Ohne die App geben Sie einen Ihrer Wiederherstellungscodes ein.
login-code-late = Das hat zu lange gedauert. Melden Sie sich noch einmal mit Ihrem Passwort an.
login-again = Zurück zum Passwort
confirm-email = E-Mail-Adresse bestätigen
confirm-email-text = Ihr Konto wird { $address } verwenden, zum Anmelden und für Mails.
confirm-email-button = Bestätigen
confirm-email-done = Die neue Adresse gilt von jetzt an. Melden Sie sich mit ihr an. Die alte wurde benachrichtigt.
revert-email = Änderung der E-Mail-Adresse rückgängig machen
revert-email-text = Ihr Konto wird wieder { $address } verwenden. Alle, die daran angemeldet sind, werden abgemeldet, und Sie setzen ein neues Passwort.
revert-email-button = Rückgängig machen
invite-title = Willkommen bei { $organization }
invite-new = Sie wurden als { $address } eingeladen. Wählen Sie ein Passwort, und Sie sind dabei.
invite-join = Ihr Konto { $address } tritt der Organisation bei.
invite-log-in = Mit { $address } gibt es schon ein Konto. Melden Sie sich damit an, um beizutreten.
invite-accept = Einladung annehmen
names-and-language = Name und Sprache
language-of-browser = Wie mein Browser es verlangt
email-now = Ihre Adresse: { $address }
email-waits = { $address } wartet auf die Bestätigung: Öffnen Sie den Link in der Mail, die wir dorthin geschickt haben.
email-new = Neue Adresse
email-change = Adresse ändern
password-now = Ihr jetziges Passwort
password-change = Passwort ändern
password-change-hint = Überall sonst werden Sie abgemeldet.
profile-done-saved = Gespeichert.
profile-done-email = Wir haben eine Mail an die neue Adresse geschickt. Öffnen Sie den Link darin; bis dahin gilt die alte Adresse.
profile-done-password = Das neue Passwort gilt. Überall sonst wurden Sie abgemeldet.
sessions = Sitzungen
sessions-lead = Wo Sie angemeldet sind. Wenn Sie eine davon nicht kennen, melden Sie sie ab, und ändern Sie Ihr Passwort.
browser = Browser
device-unknown = Unbekannter Browser
last-seen = Zuletzt gesehen
logged-in-since = Angemeldet seit
session-end = Beenden
session-end-others = Überall sonst abmelden
session-here = diese
two-factor = Zwei-Faktor-Anmeldung
two-factor-lead = Nach dem Passwort geben Sie einen Code ein, den eine App auf Ihrem Telefon zeigt. Wer Ihr Passwort kennt, kann sich ohne Ihr Telefon nicht anmelden.
two-factor-start = Einrichten
two-factor-again = Mit einem neuen Code von vorn anfangen
two-factor-scan = 1. Den Code scannen
two-factor-scan-hint = Mit einer Authenticator-App Ihrer Wahl.
two-factor-qr = QR-Code für die Authenticator-App
two-factor-type = Oder geben Sie dieses Geheimnis in die App ein:
two-factor-open = In einer App auf diesem Gerät öffnen
two-factor-first-code = 2. Eingeben, was sie zeigt
two-factor-on = Einschalten
two-factor-off = Zwei-Faktor-Anmeldung ausschalten
two-factor-off-hint = Zum Anmelden genügt dann Ihr Passwort.
two-factor-lost-hint = Für jemanden, der Telefon und Wiederherstellungscodes verloren hat. Er oder sie bekommt eine Mail darüber.
is-on = ein
is-off = aus
recovery-codes = Ihre Wiederherstellungscodes
recovery-keep = Drucken Sie sie aus, oder schreiben Sie sie auf: Sie werden nur dieses eine Mal gezeigt. Jeder meldet Sie einmal an, ohne die App.
recovery-new = Neue Wiederherstellungscodes
recovery-new-hint = Die alten gelten dann nicht mehr.
activity = Aktivität
activity-newest = Neueste
activity-older = Ältere
activity-somebody = jemand, der nicht mehr dabei ist
activity-deleted-group = eine gelöschte Gruppe
activity-license-gone = eine Lizenz, die nicht mehr Ihre ist
activity-by-machine = der Rechner
activity-by-link = ein Link per Mail
activity-by-portal = das Portal
activity-organization-create = Die Organisation wurde angelegt.
activity-organization-change = Die Organisation wurde geändert; sie ist { $detail }.
activity-user-create = { $subject } wurde angelegt.
activity-user-invite = { $subject } wurde eingeladen.
activity-user-withdraw-invitation = Die Einladung von { $subject } wurde zurückgenommen.
activity-user-accept-invitation = { $subject } hat die Einladung angenommen.
activity-user-change = { $subject } wurde geändert und ist { $detail }.
activity-user-move = { $subject } hat zu einer anderen Organisation gewechselt.
activity-user-organization-role = { $subject } gehört jetzt zu: { $detail }.
activity-user-deactivate = { $subject } wurde deaktiviert.
activity-user-reactivate = { $subject } wurde wieder aktiviert.
activity-user-change-profile = { $subject } hat das Profil geändert.
activity-user-set-password = { $subject } hat ein neues Passwort.
activity-user-password-link = Für { $subject } wurde ein Link angelegt, um ein neues Passwort zu setzen.
activity-user-ask-email-change = { $subject } hat um eine andere E-Mail-Adresse gebeten.
activity-user-confirm-email = { $subject } hat eine neue E-Mail-Adresse.
activity-user-revert-email = Die Änderung der E-Mail-Adresse von { $subject } wurde vom alten Postfach aus rückgängig gemacht.
activity-user-two-factor-on = Die Zwei-Faktor-Anmeldung von { $subject } ist eingeschaltet.
activity-user-two-factor-off = Die Zwei-Faktor-Anmeldung von { $subject } ist ausgeschaltet.
activity-user-new-recovery-codes = { $subject } hat neue Wiederherstellungscodes.
activity-user-use-recovery-code = { $subject } hat einen Wiederherstellungscode benutzt.
activity-user-end-session = { $subject } hat eine Sitzung beendet.
activity-user-end-other-sessions = { $subject } hat sich überall sonst abgemeldet.
activity-user-end-tokens = Die API-Token von { $subject } wurden beendet.
activity-group-create = Die Gruppe { $subject } wurde angelegt.
activity-group-rename = Eine Gruppe heißt jetzt { $detail }.
activity-group-delete = Die Gruppe { $detail } wurde gelöscht.
activity-group-add = { $detail } wurde in { $subject } aufgenommen.
activity-group-remove = { $detail } wurde aus { $subject } herausgenommen.
activity-group-link-license = { $detail } wurde mit { $subject } verknüpft.
activity-group-unlink-license = { $detail } ist nicht mehr mit { $subject } verknüpft.
activity-license-create = Die Lizenz { $subject } wurde angelegt.
activity-license-change = Die Lizenz { $subject } wurde geändert.
activity-license-release-limits = Welche Veröffentlichungen die Lizenz { $subject } umfasst, wurde geändert.
activity-license-move = Eine Lizenz ging an einen anderen Inhaber.
activity-activation-create = { $subject } wurde aktiviert.
activity-activation-renew = { $subject } wurde erneuert.
activity-activation-reinstall = { $subject } wurde nach einer Neuinstallation wieder aktiviert.
activity-activation-again = { $subject } wurde auf seinem Platz wieder aktiviert.
activity-activation-returned = { $subject } wurde über die erlaubten Deaktivierungen hinaus aufgegeben; der Platz bleibt ihm.
activity-activation-deactivate = { $subject } wurde deaktiviert.
activity-mail-given-up = Eine Mail an { $subject } war nicht zustellbar: { $detail }
activity-proposal-make = Zur Freigabe zu zweit vorgeschlagen: { $detail }
activity-proposal-approve = Einem Vorschlag wurde zugestimmt: { $detail }
activity-proposal-refuse = Ein Vorschlag wurde abgelehnt oder zurückgezogen: { $detail }
activity-proposal-stale = Ein Vorschlag war nicht mehr möglich: { $detail }
activity-two-people-on = Die Vier-Augen-Regel wurde eingeschaltet.
activity-two-people-off = Die Vier-Augen-Regel wurde ausgeschaltet.
activity-setting-change = Einstellung { $subject } wurde geändert: { $detail }
activity-setting-forget = Einstellung { $subject } wurde zurückgenommen.
activity-product-save = Produkt { $subject } wurde gespeichert.
activity-release-create = Veröffentlichung { $subject } wurde angelegt.
activity-release-notes = Die Hinweise zu { $subject } wurden geändert.
activity-release-add-file = Eine Datei kam zu { $subject }: { $detail }
activity-release-remove-file = Eine Datei wurde aus { $subject } genommen: { $detail }
activity-release-publish = { $subject } wurde veröffentlicht.
activity-release-archive = { $subject } wurde archiviert.
activity-trial-start = Eine Testzeit begann.
activity-trial-cap = Die Testzeiten eines Tages sind verbraucht: { $subject }.
organization-role-member = Mitglied
organization-role-admin = Administration
users-used = { $used } Benutzern
invite-somebody = Jemanden einladen
invite-send = Einladung schicken
invitation-open = Die Einladung wurde noch nicht angenommen.
invitation-again = Einladung noch einmal schicken
invitation-withdraw = Einladung zurücknehmen
invitation-sent = Die Einladung ist unterwegs, mit einem neuen Link.
deactivated-hint = Deaktiviert: kann sich nicht anmelden und zählt nicht zu den erlaubten Benutzern
groups-lead = Fassen Sie Leute zu Gruppen zusammen, und verknüpfen Sie Lizenzen mit den Gruppen: Alle in einer Gruppe dürfen deren Lizenzen nutzen.
groups-none = Es gibt noch keine Gruppe.
group-new = Neue Gruppe
group-create = Gruppe anlegen
group-rename = Umbenennen
group-delete = Gruppe löschen
group-delete-hint = Die Benutzer verlieren den Zugang zu den Lizenzen. Aktivierte Rechner bleiben aktiviert.
group-name-needed = Eine Gruppe hat einen Namen mit höchstens 100 Zeichen.
group-name-taken = Eine Gruppe dieses Namens gibt es schon.
group-too-many = Die Organisation hat so viele Gruppen, wie sie haben darf.
group-put-in = Jemanden aufnehmen
group-put-in-button = Aufnehmen
group-take-out = Herausnehmen
group-take-out-name = Herausnehmen: { $name }
group-seats = Belegte Plätze
group-cap = Höchstens
group-cap-any = Plätze höchstens (leer: beliebig viele)
group-link = Verknüpfen
group-unlink = Lösen
group-no-licenses = Es gibt keine weitere Lizenz zum Verknüpfen.
access-title = Wer diese Lizenz nutzen darf
access-through = Durch
access-owner = Eigene Lizenz
access-admin = Verwaltet die Organisation
access-group = Gruppe { $group }
owner-outside = Ihr Inhaber, { $owner }, gehört nicht zu ihrer Organisation und sieht sie nicht. Ihre Rechner behalten ihre Plätze. Der Hersteller kann ihr einen anderen Inhaber geben.
access-no-groups = Die Lizenz ist mit keiner Gruppe verknüpft.
recovery-left = { $count ->
    [one] Die Zwei-Faktor-Anmeldung ist an; ein Wiederherstellungscode ist übrig.
   *[other] Die Zwei-Faktor-Anmeldung ist an; { $count } Wiederherstellungscodes sind übrig.
}
invited-count = { $count ->
    [one] eine Einladung noch nicht angenommen
   *[other] { $count } Einladungen noch nicht angenommen
}
group-cap-below-use = { $count ->
    [one] Ein Platz ist durch die Gruppe belegt: Die Grenze kann nicht darunter liegen.
   *[other] { $count } Plätze sind durch die Gruppe belegt: Die Grenze kann nicht darunter liegen.
}
organization-role = Rolle in der Organisation
allowed-users = Benutzer höchstens (leer: beliebig viele)
deactivated-by-organization = Von der Organisation deaktiviert

## The API for programs

scope-license-keys-read = license-keys:read – Lizenzschlüssel lesen
scope-products-read = products:read – Produkte lesen
scope-products-write = products:write – Produkte anlegen und ändern
scope-plans-read = plans:read – Tarife lesen
scope-plans-write = plans:write – Tarife anlegen, ändern und archivieren
scope-licenses-read = licenses:read – Lizenzen ohne ihre Schlüssel lesen
scope-licenses-write = licenses:write – Lizenzen anlegen, verlängern, sperren, widerrufen und übergeben
scope-customers-read = customers:read – Benutzer und Organisationen lesen
scope-customers-write = customers:write – Kunden und Organisationen anlegen und ändern
scope-activations-read = activations:read – lesen, welche Rechner Plätze haben
scope-activations-release = activations:release – Plätze verlorener Rechner freigeben
scope-trials-read = trials:read – lesen, welche Rechner Testzeiten haben
scope-trials-extend = trials:extend – Testzeiten verlängern, in den eigenen Grenzen
scope-releases-read = releases:read – Versionen lesen, und was von ihren Dateien bekannt ist
scope-releases-write = releases:write – Versionen anlegen, beschreiben, veröffentlichen und zurückziehen
scope-settings-read = settings:read – Einstellungen lesen
scope-settings-write = settings:write – Einstellungen ändern
scope-overview-read = overview:read – die Zahlen der Übersicht lesen
scope-audit-read = audit:read – das Protokoll lesen
api-end-twice = Nur eines davon kann angegeben werden: das Ende oder die Anzahl der Tage.
api-import-days = Eine Antwort ist innerhalb von 1 bis 365 Tagen zu installieren.
api-vendors-people = Die eigenen Leute des Herstellers werden nur auf ihrer Seite geändert, nicht von Programmen.
api-title = Die API
api-lead = Was Programme mit einem Token tun können. Alles hier ist aus dem Programm selbst gemacht; seine Texte sind englisch.
api-document = Dasselbe als OpenAPI-Dokument
api-token = Token zum Ausprobieren
api-token-hint = Es steht nur in diesem Feld und ist weg, wenn Sie die Seite verlassen. Anfragen tun wirklich, was sie sagen.
api-nouns = Was es gibt
api-scope = Das Token braucht
api-no-token = Es ist kein Token nötig.
api-parameters = Parameter
api-body = Inhalt
api-answer = Antwort
api-problems = Probleme
api-needed = nötig
api-send = Senden
activity-license-read-key = Ein Programm hat den Schlüssel der Lizenz { $subject } gelesen.
## Publishing releases
releases = Veröffentlichungen
releases-lead = Was Sie für Ihre Kunden veröffentlichen. Eine Veröffentlichung ist erst ein Entwurf, den sonst niemand sieht.
releases-none-yet = Eine solche Veröffentlichung gibt es noch nicht.
release-every-status = Jeder Zustand
release-draft = Entwurf
release-published = veröffentlicht
release-archived = archiviert
release-private = für einige Lizenzen
release-checksums = Prüfsummen
release-signed = signiert
release-new = Neue Veröffentlichung
release-create = Entwurf anlegen
release-version-hint = Sie beginnt mit einer Zahl und ist am besten eine Semantic Version wie 2.1.0 oder 2.1.0-rc.1.
release-version-unfit = Das ist keine Version: Sie hat 1 bis 64 Buchstaben, Ziffern und . _ + -.
release-channel-unfit = Das ist kein Kanal: Er hat 1 bis 32 kleine Buchstaben, Ziffern und -.
release-notes-markdown = Was neu ist (Markdown)
release-no-file-yet = Noch keine Datei.
release-add-file = Dateien hinzufügen
release-platform = Für welche Plattform, in Ihren Worten
release-drop = Dateien auswählen
release-add-hint = Eine große Datei wird in Stücken gesendet: Reißt die Verbindung ab, geht es von selbst weiter, und wenn Sie die Seite verlassen, wählen Sie hier dieselbe Datei noch einmal.
release-sending = { $name }: { $percent } Prozent gesendet
release-waiting = { $name }: Die Verbindung ist abgerissen, es wird noch einmal versucht …
release-joining = { $name }: Alles ist angekommen und wird zusammengesetzt …
release-upload-failed = { $name } ist nicht vollständig. Was ankam, wird sieben Tage behalten: Wählen Sie dieselbe Datei noch einmal, um weiterzumachen.
release-on-their-way = Noch nicht vollständig
release-on-their-way-hint = Wählen Sie unten dieselbe Datei, um dort weiterzumachen, wo es stehen blieb.
release-percent = { $percent } Prozent angekommen
release-discard = Verwerfen
release-discard-name = { $name } verwerfen
release-remove = Entfernen
release-remove-name = { $name } entfernen
release-who = Wer sie sieht
release-for-all = Jeder Kunde, dessen Lizenz sie ausführen darf
release-for-some = Nur einige Lizenzen, etwa für eine Korrektur, auf die ein Kunde wartet
release-licenses = Lizenzen (eine je Zeile)
release-licenses-hint = Der ganze Lizenzschlüssel oder die Kennung am Ende der Adresse einer Lizenzseite. Auch sie müssen sie ausführen dürfen: Wartung und höchste Version gelten.
release-license-unknown = „{ $line }“ ist keine Lizenz dieses Produkts.
release-not-active = nicht aktiv
release-publish = Veröffentlichen
release-publish-hint = Ab dann ändern sich die Dateien nicht mehr, und Kunden können sie herunterladen. Die Liste der Dateien mit ihren SHA-256 wird signiert, damit Kunden prüfen können, was ankam.
release-comes-back = Sie kommt zurück, wie sie war, mit ihrem Tag und ihren Prüfsummen.
release-by-portal = Das Portal signiert die Prüfsummen
release-by-file = Sie wurden anderswo signiert, mit countersign sign-release
release-checksum-file = Diese Prüfsummendatei
release-by-nobody = Ohne signierte Prüfsummen
release-checksums-none = Mit dem Formular kam keine Prüfsummendatei.
release-archive = Archivieren
release-archive-hint = Kunden sehen sie nicht mehr. Veröffentlichen bringt sie zurück, wie sie war.
release-as-customer = Wie Kunden sie sehen
release-already = Das ist schon so.
release-not-draft = Dateien gehören zu Entwürfen, und diese Veröffentlichung ist veröffentlicht oder archiviert.
release-version-taken = Diese Version gibt es bei dem Produkt auf diesem Kanal schon.
release-version-without-number = Eine Version beginnt mit einer Zahl, sonst hat sie keinen Platz unter den anderen.
release-name-taken = Die Veröffentlichung hat schon eine Datei dieses Namens, oder eine mit anderer Größe ist unterwegs (große und kleine Buchstaben zählen gleich).
release-too-many-files = Eine Veröffentlichung hat höchstens 50 Dateien.
release-no-files = Ohne Dateien wird nichts veröffentlicht: Fügen Sie erst welche hinzu.
release-notes-too-long = Der Text hat höchstens 64 KiB.
release-stale = Jemand anderes hat sie inzwischen geändert: Sehen Sie noch einmal nach.
release-given-too-many = Eine Veröffentlichung für einige Lizenzen wird höchstens 1000 gegeben.
release-file-none = Mit dem Formular kam keine Datei.
release-file-name = „{ $name }“ ist hier kein Dateiname: Er hat Buchstaben, Ziffern und . _ + - und ist kein Gerät von Windows. Benennen Sie die Datei um und wählen Sie sie noch einmal.
release-file-empty = Die Datei ist leer.
release-file-large = Die Datei ist größer als { $most } GiB.
release-platform-unfit = Eine Plattform hat höchstens 64 Zeichen, in einer Zeile.
release-piece-broken = Ein Stück der Datei kam anders an, als es gesendet wurde.
release-elsewhere = Die Dateien dieses Portals liegen in { $kept }, und es wurde mit { $here } gestartet. Wer es betreibt, sollte es mit dem Ort starten, an dem die Dateien sind.
release-not-stored = Die Datei konnte nicht gespeichert werden; wer das Portal betreibt, findet den Grund in dessen Protokoll. Was vorher da war, ist, wie es war.
release-not-stored-advice = Versuchen Sie es später noch einmal. Eine Datei, die in Stücken gesendet wurde, geht dort weiter, wo sie stehen blieb.
activity-release-visibility = Wer { $subject } sieht, wurde geändert: { $detail }
# Roles, the vendor's people and resellers

staff = Personen
staff-lead = Die eigenen Leute des Herstellers und die Verwalter von Wiederverkäufern: was sie hier sind, ob die Anmeldung einen zweiten Faktor verlangt, wann sie zuletzt da waren.
staff-suspend = Sperren
staff-let-in = Wieder einlassen
roles-title = Was jede Rolle darf
role-owner = Eigentümer
role-support = Support
role-read-only = nur lesen
role-reseller-admin = Verwalter eines Wiederverkäufers
role-may-owner = Alles, und macht, ändert und sperrt allein Eigentümer. Es gibt immer einen, der sich anmelden kann.
role-may-admin = Alles außer dem, was Eigentümer betrifft.
role-may-support = Sieht Lizenzen mit ihren Schlüsseln, Rechner, Kunden, Produkte und Journale; beantwortet Anfragen, gibt Plätze frei und verlängert Testzeiten in den Grenzen der Einstellungen. Ändert keine Lizenz, kein Produkt, keinen Schlüssel, keinen Text und keine Einstellung und sieht das Protokoll nicht.
role-may-read-only = Sieht alle Seiten des Herstellers, Lizenzschlüssel verdeckt, und ändert nichts.
role-may-reseller-admin = Sieht die Lizenzen der eigenen Kunden des Wiederverkäufers, gibt sie weiter und legt dort Organisationen und Benutzer an. Legt keine Lizenz an und ändert keine.
role-may-customer = Sieht die eigenen Lizenzen.
role-not-yours = Ihre Rolle erlaubt das bei jemandem mit dieser Rolle nicht. Eigentümer werden nur von Eigentümern gemacht und geändert.
needs-reseller = Nur eine Organisation, die Wiederverkäufer ist, hat Kunden, und deren Verwalter gehören zu ihr. Ein Wiederverkäufer ist niemandes Kunde.
reseller-has-customers = Diese Organisation hat noch Kunden oder Personen, die sie verwalten, und bleibt Wiederverkäufer, bis sie keine mehr hat.
organization-kind = Art
kind-customer = Kunde
kind-reseller = Wiederverkäufer
organization-reseller = Kunde von
user-reseller = Kunde von
user-reseller-hint = Der Wiederverkäufer sieht, was dieser Person selbst gehört und keiner Organisation.
license-and-machines = Lizenz und Rechner
reseller-customers = Kunden
reseller-licenses = Lizenzen der Kunden
reseller-lead = Die Kunden dieses Wiederverkäufers. Lizenzen, die noch kein Kunde hat, warten hier.
reseller-none = Es gibt noch keinen Kunden.
reseller-people = Kunden ohne Organisation
reseller-new = Neuer Kunde
reseller-customer-lead = Wer zu diesem Kunden gehört. Seine Verwalter laden weitere Personen selbst ein.
reseller-full = Ein Wiederverkäufer legt nicht mehr Organisationen an, als er hat. Fragen Sie den Hersteller.
assign-license = Lizenz weitergeben
assign-lead = Die Lizenz geht weiter, wie sie ist, auf den Namen des neuen Inhabers, und wer sie vorher hatte, sieht sie nicht mehr.
assign-to = An
assign-machines = { $count ->
    [one] Ein Rechner hat einen Platz dieser Lizenz. Er geht mit: Der neue Inhaber sieht ihn.
   *[other] { $count } Rechner haben Plätze dieser Lizenz. Sie gehen mit: Der neue Inhaber sieht sie.
}
staff-second-factor = Zweiter Faktor für Personen
staff-second-factor-off = wer einen möchte
staff-second-factor-on = alle, vor allem anderen
staff-second-factor-hint = Die Leute des Herstellers und die Verwalter von Wiederverkäufern richten die Anmeldung in zwei Schritten ein, bevor sich eine andere Seite öffnet. Token von Programmen gelten weiter. Ein zweiter Faktor beim eigenen Identitätsanbieter des Personals zählt, wenn der es sagt (amr mit mfa).
second-factor-first = Der Hersteller möchte, dass Sie die Anmeldung in zwei Schritten einrichten, bevor es weitergeht. Bis dahin öffnet sich nichts anderes.
support-per-year = Freigaben durch den Support je Lizenz und Jahr
support-per-year-hint = Der Support gibt einen Platz ohne Nachweis des Rechners frei, solange innerhalb von 365 Tagen weniger Plätze der Lizenz als so viele freigegeben wurden, von wem auch immer. Administratoren sind an keine Zahl gebunden.
support-per-day = Freigaben einer Person des Supports je Tag
support-per-day-hint = So viele Plätze aller Lizenzen zusammen gibt eine Person des Supports innerhalb von 24 Stunden frei. Das begrenzt, was ein gestohlenes Konto anrichtet.
support-releases-range = Der Support gibt zwischen 0 und 1000 Plätze frei.
release-by-support = Als Support geben Sie einen Platz frei, solange innerhalb eines Jahres weniger als { $year } Plätze der Lizenz freigegeben wurden, und bis zu { $day } Plätze aller Lizenzen innerhalb von 24 Stunden.
releases-of-day-used-up-title = Heute keine Freigabe mehr
releases-of-day-used-up = Sie haben innerhalb von 24 Stunden so viele Plätze freigegeben, wie eine Person des Supports darf ({ $allowed }). Die nächste Freigabe ist ab { $again } möglich.
releases-of-day-used-up-advice = Nichts wurde geändert. Wenn es nicht warten kann, fragen Sie einen Administrator.
activity-user-role = { $subject } hat für den Hersteller jetzt eine andere Rolle.
activity-license-assign = Die Lizenz { $subject } wurde an { $detail } weitergegeben.

## Hosts, die eigene Domain des Herstellers, E-Mail

host-title = Unter diesem Namen nicht erreichbar
host-unknown = Die Adresse, die Sie geöffnet haben, gehört nicht zu diesem Portal. Unter ihr wird nichts gezeigt.
host-unclear = Die Anfrage nennt keinen Host oder mehrere.
host-advice = Verwenden Sie die Adresse, die Sie für das Portal bekommen haben. Wenn Sie es betreiben: Starten Sie es mit --public-url und der Adresse, die Menschen benutzen, und lassen Sie einen Proxy davor den Host-Header unverändert weitergeben. Im Protokoll steht, nach welchem Namen gefragt wurde.
settings-domain = Domain
settings-mail = E-Mail
domain-no-operator = Das Portal wurde ohne die Adresse gestartet, die Menschen benutzen; es ist nur auf diesem Rechner erreichbar.
domain-no-operator-advice = Wer das Portal betreibt, startet es mit --public-url https://…; dann kann hier eine eigene Domain gesetzt werden.
domain-operators = Adresse des Portals
domain-operators-hint = Von dem gesetzt, der das Portal betreibt. Sie geht immer.
domain-links = Links in E-Mails und Dateien beginnen mit
domain-lead = Ihre Kunden können das Portal unter einem eigenen Namen erreichen. Sie legen zwei Einträge an, wo das DNS Ihrer Domain verwaltet wird; sobald das Portal sie findet, antwortet es unter dem Namen.
domain-name = Ihre Domain
domain-name-hint = Ein Name unter einer Ihrer Domains, der für nichts anderes benutzt wird, etwa lizenzen.acme.example.
domain-set = Domain setzen
domain-none = Es ist keine Domain gesetzt.
domain-other = Eine andere Domain
domain-other-hint = Die jetzige endet sofort, und mit ihr Links, die mit ihr beginnen.
domain-records = Einträge, die anzulegen sind
domain-records-lead = Legen Sie beide an, wo das DNS Ihrer Domain verwaltet wird. Der erste führt zum Portal, der zweite sagt, dass der Name für dieses Portal gedacht ist, damit ihn niemand anders haben kann.
domain-apex = Die Spitze einer Domain (acme.example selbst) kann keinen CNAME haben. Nehmen Sie dort ALIAS oder ANAME, wenn Ihr Anbieter das hat, oder A- und AAAA-Einträge mit denselben Adressen wie { $target }.
record-name = Name
record-type = Typ
record-value = Wert
record-right = Gefunden
record-missing = Fehlt
record-wrong = Anders
record-unanswered = Keine Antwort
record-unknown = Noch nicht gesucht
finding-right = Er ist, wie er sein muss.
finding-unknown = Das Portal sucht in den nächsten Sekunden.
finding-no-name = Diesen Namen gibt es nicht (NXDOMAIN). Bis ein neuer Eintrag überall zu sehen ist, kann es eine Weile dauern.
finding-no-record = Den Namen gibt es, aber ohne einen solchen Eintrag.
finding-pointer-elsewhere = Er führt woandershin: { $seen }
finding-proof-elsewhere = Dort steht ein anderer Text: { $seen }
finding-loop = Die Namen führen im Kreis oder immer weiter: { $seen }
finding-failed = Die DNS-Server der Domain versagen ({ $seen }). Fragen Sie den, der ihr DNS verwaltet.
finding-silent = Kein DNS-Server hat geantwortet. Das sagt nichts über Ihren Eintrag; wer das Portal betreibt, kann nachsehen, warum. { $seen }
domain-is-asked = Wartet auf ihre Einträge
domain-is-verified = Bestätigt
domain-is-used = In Gebrauch
domain-is-failing = Einträge fehlen
domain-is-asked-what = Unter diesem Namen wird noch nichts beantwortet.
domain-is-verified-what = Das Portal antwortet unter diesem Namen. Öffnen Sie ihn einmal, damit ein Zertifikat entsteht und Sie sehen, dass es geht; lassen Sie ihn dann in E-Mails und Dateien verwenden.
domain-sign-on = Wo Menschen sich über einen Anbieter anmelden: Er schickt sie an die Adresse zurück, mit der Links beginnen. Lassen Sie die neue dort zuerst eintragen.
domain-is-used-what = Das Portal antwortet unter diesem Namen, und Links in E-Mails und Dateien beginnen mit ihm. Die Einträge werden einmal am Tag angesehen.
domain-is-failing-what = Bis sie wieder da sind, beginnen Links mit der eigenen Adresse des Portals. Nach einer Woche ohne sie wird unter diesem Namen nichts mehr beantwortet.
domain-failing = Die Einträge von { $name } sind nicht mehr, wie sie waren.
domain-failing-advice = Vergleichen Sie sie unten. Wenn Sie den Namen nicht mehr brauchen, entfernen Sie ihn auch hier: Wer ihn als Nächster bekommt, soll nicht Ihre Kunden bekommen.
domain-use = In E-Mails und Dateien verwenden
domain-leave = Wieder die eigene Adresse des Portals verwenden
domain-remove = Domain entfernen
domain-check = Jetzt prüfen
domain-checked = Angesehen { $time }.
domain-check-again = Das nächste Mal: { $time }.
domain-check-by-hand = Von selbst wird nicht mehr gesucht.
domain-empty = Geben Sie eine Domain ein.
domain-unfit = Das ist kein Name einer Domain: Buchstaben, Ziffern und Bindestriche zwischen Punkten, ohne Schema, Port oder Pfad.
domain-too-long = Dieser Name ist zu lang: höchstens 63 Zeichen zwischen zwei Punkten und höchstens 240 im Ganzen.
domain-wildcard = Gebraucht wird ein einzelner Name, nicht alle: Lassen Sie den * weg.
domain-address = Das ist eine Adresse, kein Name: Zertifikate und Einträge brauchen einen Namen.
domain-not-public = { $name } ist kein Name, den andere erreichen könnten.
domain-is-operators = Das ist schon die eigene Adresse des Portals.
domain-needs-public-url = Das Portal wurde ohne --public-url gestartet: Es gibt nichts, wohin ein Eintrag führen könnte.
domain-just-checked = Das DNS wurde vor Sekunden gefragt. Warten Sie einen Moment.
domain-not-verified = Die Domain ist nicht bestätigt, oder ihre Einträge fehlen: Links beginnen nicht mit ihr.
mail-way = Wie E-Mails hinausgehen
mail-way-hint = Das setzt, wer das Portal betreibt, beim Start.
mail-server = Server
mail-encryption = Verschlüsselung
mail-login = Anmeldung
mail-sender = Von
mail-tls-whole = TLS von Anfang an
mail-tls-required = STARTTLS, verlangt
mail-tls-opportunistic = STARTTLS, wenn der Server es anbietet
mail-tls-none = keine
mail-logs-in = mit einem Passwort
mail-logs-in-not = keine
mail-outbox = Keiner: E-Mails werden als Dateien nach { $folder } geschrieben, und niemand bekommt sie.
mail-test = Test-E-Mail senden
mail-test-what = Sendet jetzt eine E-Mail an { $to } und sagt, was der Server sagt.
mail-test-taken = Der Server hat die E-Mail an { $to } angenommen. Ob sie ankommt, wo Sie sie lesen, sehen Sie dort.
mail-test-written = Die E-Mail wurde in den Ausgang geschrieben.
mail-test-refused = Die E-Mail kam nicht durch:
mail-test-advice = Sie wird nicht noch einmal versucht. Andere E-Mails warten, bis sie durchkommen.
mail-queue = Warteschlange
mail-waiting = Wartend
mail-failing = Davon schon fehlgeschlagen
mail-no-failures = In den letzten Tagen ist keine E-Mail fehlgeschlagen.
mail-queued = Eingereiht
mail-error = Was der Server sagte
mail-tries = Versuche
mail-again = Nächster Versuch
mail-given-up = Aufgegeben
mail-test-subject = Test-E-Mail des Portals von { $vendor }
mail-test-body =
    E-Mails des Portals kommen durch. Um diese haben Sie auf der Seite Einstellungen, E-Mail gebeten.

    { $link }
mail-domain-gone-subject = Die Domain des Portals von { $vendor } steht nicht mehr im DNS
mail-domain-gone-body =
    Die Einträge von { $name } fehlen oder führen woandershin. Links in E-Mails und Dateien beginnen mit der eigenen Adresse des Portals, bis sie wieder da sind. Ohne sie wird unter diesem Namen ab { $until } nichts mehr beantwortet.

    Was mit ihnen nicht stimmt:

    { $link }
mail-domain-ended-subject = Das Portal von { $vendor } ist unter seiner Domain nicht mehr erreichbar
mail-domain-ended-body =
    Die Einträge von { $name } fehlten eine Woche lang: Unter diesem Namen wird nichts mehr beantwortet. Um ihn wiederzubekommen, legen Sie die Einträge an, die hier gezeigt werden, oder entfernen Sie ihn:

    { $link }
activity-domain-set = Eine Domain wurde gesetzt: { $subject }.
activity-domain-verified = Eine Domain wurde bestätigt: { $subject }.
activity-domain-use = Links beginnen mit der Domain { $subject }.
activity-domain-leave = Links beginnen wieder mit der eigenen Adresse des Portals, nicht mit { $subject }.
activity-domain-failing = Die Einträge von { $subject } fehlen: { $detail }
activity-domain-well-again = Die Einträge von { $subject } sind wieder da.
activity-domain-ended = Das Portal ist unter { $subject } nicht mehr erreichbar.
activity-domain-remove = Eine Domain wurde entfernt: { $subject }.
# Testzeiten eines Produkts und eines Rechners

trials = Testzeiten
trials-lead = Die Rechner, die Ihre Produkte testen. Hier wird eine Testzeit verlängert; dem Rechner sagt es eine neue Antwort.
trials-search-hint = Name eines Rechners, Geräteschlüssel, Kennung einer Testzeit oder Anfrage
trials-none = Noch hat niemand ein Produkt getestet.
trials-none-found = Keine Testzeit passt.
trial-state-running = läuft
trial-state-ended = vorbei
trial-state-extended = verlängert
trial-state-licensed = hat eine Lizenz
trial-began = Beginn
trial-ends = Ende
trial-id = Testzeit
device-key = Geräteschlüssel
trial-before = Testzeit davor
trial-other = Anderswo gegeben
trial-other-until = Ein Support-Platz hat diesem Rechner eine weitere Testzeit gegeben, bis { $end }.
trial-licensed-since = Dieser Rechner hat am { $when } eine Lizenz des Produkts aktiviert.
trial-extended-by = { $times ->
    [one] einmal
   *[other] { $times }-mal
}, insgesamt um { $days ->
    [one] einen Tag
   *[other] { $days } Tage
}
trial-response = Antwort für den Rechner
trial-response-current = Die letzte Antwort an diesen Rechner sagt alles, was es zu sagen gibt. Hier ist sie noch einmal: Bringen Sie sie zum Rechner, wenn sie dort noch nicht ist.
trial-response-older = Eine neue Antwort würde dem Rechner sagen:
trial-response-late = Die letzte Antwort an diesen Rechner lässt sich nicht mehr installieren. Eine neue schon.
trial-response-unknown = Hier ist keine Antwort, mit der sich vergleichen ließe. Eine neue kann erstellt werden.
trial-response-ended = Die Testzeit ist vorbei. Verlängern Sie sie, um dem Rechner eine neue Antwort zu geben.
trial-response-no-request = Diese Testzeit ist älter als das, was eine neue Antwort von ihrer Anfrage wissen muss. Verlängern Sie sie hier, lassen Sie den Rechner eine neue Testanfrage schreiben und bringen Sie diese: Die Antwort hat das neue Ende.
trial-response-make = Neue Antwort erstellen
trial-extend = Testzeit verlängern
trial-extend-days = Um wie viele Tage
trial-extend-hint = Gezählt vom Ende der Testzeit an, oder von jetzt an, wenn sie vorbei ist. Der Rechner läuft mit der neuen Antwort weiter, die dabei entsteht, oder mit der Antwort auf seine nächste Testanfrage.
trial-extend-left = Innerhalb der Grenzen der Einstellungen: { $times ->
    [one] noch einmal
   *[other] noch { $times }-mal
}, insgesamt um { $days ->
    [one] einen Tag
   *[other] { $days } Tage
}.
trial-extend-used-up = Die Grenzen der Einstellungen sind für diese Testzeit ausgeschöpft.
trial-extend-beyond = Über die Grenzen der Einstellungen hinausgehen
trial-extend-superseded = Dieser Rechner hatte danach noch eine Testzeit: Verlängern Sie diese.
trial-requests = Beantwortete Anfragen
trial-request-id = Anfrage
extension-days-range = Eine Testzeit wird um 1 bis 3650 Tage auf einmal verlängert.
trial-extensions = Verlängerungen einer Testzeit
trial-extensions-hint = Wie oft eine Testzeit verlängert werden darf. Admins können darüber hinausgehen, wenn sie es sagen.
trial-extensions-range = Eine Testzeit wird 0- bis 1000-mal verlängert.
trial-extension-days = Tage aller Verlängerungen einer Testzeit
trial-extension-days-hint = Um wie viele Tage alle Verlängerungen zusammen eine Testzeit verlängern dürfen. Admins können darüber hinausgehen, wenn sie es sagen.
trial-extension-days-range = Die Tage aller Verlängerungen einer Testzeit sind 0 bis 3650.
trial-end = Letzter Tag aller Testzeiten (leer: keiner)
trial-end-hint = Alle Testzeiten laufen bis zum Ende dieses Tages, UTC. Ist auch eine Länge in Tagen gesetzt, zählt, was zuerst kommt.
trial-end-past = { $end } ist vorbei: Es würde keine Testzeit mehr beginnen. Wählen Sie einen späteren Tag, oder lassen Sie das Feld leer.
trials-over-since = Die Testzeiten dieses Produkts sind seit { $end } vorbei. Kein Rechner bekommt eine, bis dieser Tag geändert wird.
trial-now-until = Eine Testzeit, die jetzt beginnt, läuft bis { $end }.
trial-again = Noch eine Testzeit für denselben Rechner
trial-again-hint = Ein Rechner ist derselbe nach seinem Geräteschlüssel und nach seinen Teilen, auch nach einer Neuinstallation. Was Sie ändern, gilt ab der nächsten Anfrage.
trial-again-never = nie
trial-again-after-days = einige Tage nach dem Ende der letzten
trial-again-per-major-version = einmal je Hauptversion der App
trial-again-days = Tage nach dem Ende der letzten
trial-newest-version = Neueste Hauptversion der App
trial-newest-hint = Erhöhen Sie sie, wenn die nächste erschienen ist. Rechner nennen ihre Version selbst: Eine spätere zählt als diese, und ein Rechner, der keine nennt, bekommt keine weitere Testzeit.
trial-again-days-needed = Für eine weitere Testzeit einige Tage nach der letzten: Sagen Sie, nach wie vielen, mindestens 1.
trial-newest-needed = Für eine Testzeit je Hauptversion: Sagen Sie als Zahl, welche die neueste ist, 2 für 2.4.1.
trial-again-unknown = Eine solche Regel für eine weitere Testzeit gibt es nicht: Sie heißt never, after-days oder per-major-version.
effect-trial-longer = Die Testzeit dieses Rechners wurde verlängert: Sie läuft weiter, { $until }.
trial-already-used-again-advice = Ab { $again } kann er noch eine haben; schreiben Sie dann eine neue Anfrage. Um vorher weiterzuarbeiten, brauchen Sie eine Lizenz des Herstellers.
trial-already-used-version-advice = Mit einer Hauptversion der App nach { $version } kann er noch eine haben. Um jetzt weiterzuarbeiten, brauchen Sie eine Lizenz des Herstellers.
trials-over-title = Keine Testzeit mehr
trials-over = Die Testzeiten dieses Produkts sind seit { $end } vorbei.
trials-over-advice = Fragen Sie den Hersteller, oder besorgen Sie eine Lizenz.
unknown-trial-title = Keine solche Testzeit
unknown-trial = Es gibt keine solche Testzeit, oder Sie dürfen sie nicht sehen.
unknown-trial-advice = Suchen Sie sie in der Liste der Testzeiten. Nichts wurde geändert.
trial-changed-title = Die Testzeit wurde inzwischen geändert
trial-changed = Jemand anderes hat diese Testzeit geändert: Sie endet jetzt am { $end }.
trial-changed-advice = Nichts wurde geändert. Sehen Sie sie noch einmal an, und verlängern Sie sie dann, wenn das nicht reicht.
trial-superseded-title = Es gibt eine spätere Testzeit
trial-superseded = Dieser Rechner hatte nach dieser noch eine Testzeit.
trial-superseded-advice = Nichts wurde geändert. Verlängern Sie die letzte des Rechners.
extension-limit-title = Über die Grenzen
extension-limit = { $days ->
    [0] Die Grenzen für Verlängerungen einer Testzeit sind ausgeschöpft.
    [one] Diese Testzeit darf noch um einen Tag verlängert werden.
   *[other] Diese Testzeit darf noch um { $days } Tage verlängert werden.
}
extension-limit-advice = Nichts wurde geändert. Verlängern Sie sie um weniger, oder lassen Sie einen Admin über die Grenzen hinausgehen; sie stehen in den Einstellungen.
trial-ended-title = Die Testzeit ist vorbei
trial-ended = Diese Testzeit endete am { $end }.
trial-ended-advice = Verlängern Sie sie zuerst: Dann gibt es eine neue Antwort.
trial-needs-request-title = Eine neue Anfrage ist nötig
trial-needs-request = Diese Testzeit ist älter als das, was eine neue Antwort von ihrer Anfrage wissen muss.
trial-needs-request-advice = Schreiben Sie auf dem Rechner eine neue Testanfrage und bringen Sie sie: Ist die Testzeit verlängert, hat die Antwort das neue Ende.
activity-trial-extend = Die Testzeit von { $subject } wurde um { $detail } Tage verlängert.
activity-trial-renew = { $subject } bekam eine neue Antwort für seine Testzeit.

## Webhooks

webhooks = Webhooks
webhook = Webhook
webhooks-lead = Ihre anderen Programme erfahren, was hier geschieht: Das Portal schickt es ihnen, unterschrieben, und so lange wieder, bis es ankommt.
webhook-url = Adresse
webhook-url-hint = Sie beginnt mit https:// und enthält kein Passwort. Was dorthin geschickt wird, nennt Namen von Rechnern und Inhabern von Lizenzen.
webhook-url-malformed = Das ist keine Adresse eines Rechners: Sie wird https://rechner/pfad geschrieben, in ASCII.
webhook-url-credentials = Eine Adresse enthält keinen Namen mit Passwort: Was geschickt wird, ist stattdessen unterschrieben.
webhook-url-https = Die Adresse beginnt mit https://. Unverschlüsseltes http:// ist für Netze, die der Betreiber des Portals erlaubt.
webhook-url-port = Dieser Port gehört keinem Webserver: 443, oder einer ab 1024.
webhook-url-internal = Diese Adresse liegt in einem internen Netz. Der Betreiber des Portals kann sie erlauben: serve --webhooks-may-reach.
webhook-events = Ereignisse
webhook-event = Ereignis
webhook-event-unknown = Dieses Ereignis gibt es nicht.
webhook-event-needed = Kreuzen Sie mindestens ein Ereignis an.
webhook-event-activation-created = Ein Rechner wurde aktiviert
webhook-event-activation-renewed = Ein Rechner bekam eine neue Antwort
webhook-event-activation-released = Ein Platz wurde ohne Nachweis frei
webhook-event-deactivation-created = Ein Rechner wurde deaktiviert
webhook-event-trial-started = Eine Testzeit begann
webhook-event-trial-extended = Eine Testzeit wurde verlängert
webhook-event-license-created = Eine Lizenz wurde angelegt
webhook-event-license-changed = Eine Lizenz wurde geändert
webhook-event-license-suspended = Eine Lizenz wurde ausgesetzt
webhook-event-license-revoked = Eine Lizenz wurde widerrufen
webhook-event-license-limit-reached = Der letzte Platz einer Lizenz wurde belegt
webhook-event-license-ending = Eine Lizenz endet in 30 Tagen, in 7, in einem
webhook-event-overrun-found = Auf einer Lizenz laufen mehr Rechner, als sie Plätze hat
webhook-event-signing-key-ending = Der Signaturschlüssel läuft bald ab
webhook-new = Neuer Webhook
webhook-make = Webhook anlegen
webhook-too-many = { $count ->
    [one] Es gibt schon einen Webhook, und mehr dürfen es nicht sein.
   *[other] Es gibt schon { $count } Webhooks, und mehr dürfen es nicht sein.
}
webhook-no-vault = Der Schlüssel, unter dem Geheimnisse verwahrt werden, fehlt auf der Platte des Portals: Ohne ihn kann keines gespeichert werden. Die Übersicht sagt mehr.
api-test-mail-often = Es wurden zu oft Probemails geschickt.
picture-no-draft = Davon gibt es keinen Entwurf.
api-language-unknown = Eine Sprache { $code } gibt es hier nicht.
api-checksums-twice = Eine Version wird mit einer Prüfsummendatei veröffentlicht oder unsigniert, nicht beides.
api-licenses-of-public-release = Lizenzen werden nur für private Versionen genannt.
api-digest-unfit = Content-Digest hat nicht die Form sha-256=:BASE64:.
api-upload-incomplete = Es sind nicht alle Teile der Datei da.
api-upload-being-finished = Die Teile werden in diesem Moment zusammengesetzt.
api-release-elsewhere = Die Dateien dieses Portals liegen woanders, als es gestartet wurde. Wer es betreibt, muss sich darum kümmern.
webhook-not-so = So ist er schon.
webhook-waits = Es wartet schon darauf, geschickt zu werden.
webhook-too-often = { $seconds ->
    [one] Das ist zu oft: Warten Sie eine Sekunde.
   *[other] Das ist zu oft: Warten Sie { $seconds } Sekunden.
}
webhook-status-active = aktiv
webhook-status-paused = angehalten
webhook-status-disabled = abgeschaltet
webhook-failing-since = Seit { $since } ist nichts angekommen.
webhook-disabled-failing = Drei Tage lang kam nichts an, deshalb wird nichts mehr geschickt, und was geschieht, wird nicht dafür aufgehoben. Schalten Sie ihn wieder ein, wenn sein Empfänger arbeitet; dann kann noch einmal geschickt werden, was aufgegeben wurde.
webhook-disabled-gone = Sein Empfänger antwortete, dass es ihn nicht mehr gibt (410), deshalb wird nichts mehr geschickt, und was geschieht, wird nicht dafür aufgehoben.
webhook-secret = Geheimnis
webhook-secret-title = Das Geheimnis des Webhooks
webhook-secret-once = Kopieren Sie es jetzt in den Empfänger: Es wird nicht noch einmal gezeigt. Der Empfänger prüft damit, dass von diesem Portal ist, was er bekommt.
webhook-secret-both = Einen Tag lang wird, was geschickt wird, auch mit dem alten Geheimnis unterschrieben.
webhook-both-until = Bis { $until } wird, was geschickt wird, auch mit dem alten Geheimnis unterschrieben.
webhook-rotate = Neues Geheimnis machen
webhook-rotate-hint = Das neue wird einmal gezeigt. Einen Tag lang wird mit beiden unterschrieben, damit der Empfänger ohne Lücke geändert werden kann.
webhook-test = Zur Probe schicken
webhook-pause = Anhalten
webhook-resume = Einschalten
webhook-change = Ändern
webhook-delete = Webhook löschen
webhook-delete-hint = Gelöscht wird er mit allem, was zugestellt wurde. Halten Sie ihn an, wenn er nur eine Weile ruhen soll: Was geschieht, wird dann 30 Tage lang für ihn aufgehoben.
webhook-deliveries = Zustellungen
webhook-no-deliveries = Hier gibt es noch keine Zustellung. Schicken Sie etwas zur Probe, um zu sehen, ob es ankommt.
webhook-all = Alle
webhook-delivery-waiting = wartet
webhook-delivery-delivered = zugestellt
webhook-delivery-failed = aufgegeben
webhook-happened = Geschehen
webhook-tries = Versuche
webhook-last-try = Letzter Versuch
webhook-next-try = Nächster Versuch
webhook-answer = Antwort
webhook-sent = Geschickt
webhook-event-id = Ereignis
webhook-resend = Noch einmal schicken
webhook-resend-failed = Aufgegebenes noch einmal schicken
webhook-error-address = seine Adresse ist nicht mehr erlaubt
webhook-error-internal = sein Name führt in ein internes Netz: es wurde keine Verbindung aufgebaut
webhook-error-plain = ohne HTTPS geht nichts ins Internet
webhook-error-port = dieser Port gehört keinem Webserver
webhook-error-name = sein Name hat keine Adresse
webhook-error-connection = keine Verbindung
webhook-error-tls = keine sichere Verbindung
webhook-error-late = keine Antwort in der vorgesehenen Zeit
webhook-error-answer = keine Antwort in HTTP
webhook-error-secret = sein Geheimnis kann nicht gelesen werden: machen Sie ein neues
webhook-error-status = Die Antwort sagt, dass es nicht angenommen wurde.
webhook-error-redirect = Die Antwort verweist woandershin; dem wird nicht gefolgt.
webhook-error-gone = Die Antwort sagt, dass es den Empfänger nicht mehr gibt.
activity-webhook-create = Ein Webhook zu { $detail } wurde angelegt.
activity-webhook-change = Ein Webhook wurde geändert: { $detail }
activity-webhook-rotate-secret = Ein Webhook bekam ein neues Geheimnis.
activity-webhook-pause = Ein Webhook wurde angehalten.
activity-webhook-resume = Ein Webhook wurde eingeschaltet.
activity-webhook-delete = Ein Webhook wurde gelöscht.
activity-webhook-test = Einem Webhook wurde etwas zur Probe geschickt.
activity-webhook-resend = Einem Webhook noch einmal geschickt: { $detail }
activity-webhook-disable = Ein Webhook wurde abgeschaltet: { $detail }
mail-webhook-disabled-subject = Ein Webhook von { $vendor } ist abgeschaltet
mail-webhook-disabled-body =
    Ein Webhook des Portals von { $vendor } kommt nicht mehr an, und das Portal hat ihn aufgegeben: Es wird ihm nichts mehr geschickt, und was geschieht, wird nicht für ihn aufgehoben.

    Sehen Sie nach, warum, schalten Sie ihn wieder ein, und schicken Sie noch einmal, was aufgegeben wurde:

    { $link }

## Single sign-on

field-provider-name = Name eines Identitätsanbieters
refused-only-single-sign-on = Für Ihr Konto werden keine Passwörter angenommen: Melden Sie sich mit Ihrem Firmenkonto bei { $provider } an. Sie sind nicht angemeldet.
sso-button = Mit dem Firmenkonto anmelden
sso-title = Mit dem Firmenkonto anmelden
sso-lead = Ihre Firma bestätigt, wer Sie sind; ein Passwort brauchen Sie hier nicht.
sso-email = Ihre E-Mail-Adresse bei der Arbeit
sso-continue = Weiter
sso-by-password = Mit E-Mail-Adresse und Passwort anmelden
sso-at = Hier melden Sie sich bei { $provider } an.
sso-going = Sie sind auf dem Weg zu { $provider }.
sso-go = Weiter, wenn nichts geschieht
sso-no-domain = Für Adressen von { $domain } ist kein Firmenkonto eingerichtet. Melden Sie sich mit Ihrem Passwort an, oder fragen Sie, wer Ihre Organisation verwaltet.
sso-failed = Sie sind nicht angemeldet
sso-again = Noch einmal versuchen
sso-gone = Diese Anmeldung wurde in einem anderen Browser begonnen, hat länger als zehn Minuten gedauert oder wurde schon benutzt.
sso-gone-advice = Beginnen Sie von vorn.
sso-off = Auf diesem Weg meldet sich zurzeit niemand an: Er wurde ausgeschaltet oder inzwischen geändert, oder die Organisation ist gesperrt.
sso-off-advice = Melden Sie sich mit Ihrem Passwort an, oder fragen Sie, wer Ihre Organisation verwaltet.
sso-declined = { $provider } hat Sie nicht eingelassen, oder Sie haben dort abgebrochen.
sso-declined-advice = Versuchen Sie es noch einmal. Geschieht es wieder, fragen Sie, wer { $provider } verwaltet, ob Sie dieses Portal benutzen dürfen.
sso-down = { $provider } ist vom Portal aus zurzeit nicht zu erreichen.
sso-down-advice = Versuchen Sie es in einigen Minuten noch einmal, oder melden Sie sich mit Ihrem Passwort an. Nichts wurde geändert.
sso-not-believed = Was { $provider } über Sie sagt, ist so, wie es ankam, nicht glaubhaft.
sso-not-believed-advice = Versuchen Sie es noch einmal. Geschieht es wieder, sagen Sie es dem, der Ihre Organisation verwaltet: Auf der Seite für Single Sign-on lässt es sich ausprobieren und der Grund ansehen.
sso-no-verified-address = { $provider } nennt keine E-Mail-Adresse von Ihnen, die er geprüft hat.
sso-no-verified-address-advice = Bitten Sie, wer { $provider } verwaltet, dem Portal die Angaben zur E-Mail-Adresse und zu ihrer Prüfung zu geben.
sso-foreign-domain = { $provider } darf für die Domain Ihrer E-Mail-Adresse nicht sprechen.
sso-foreign-domain-advice = Melden Sie sich mit Ihrem Passwort an, oder bitten Sie, wer Ihre Organisation verwaltet, die Domain hinzufügen zu lassen.
sso-no-account = Sie haben hier noch kein Konto.
sso-no-account-advice = Bitten Sie, wer Ihre Organisation verwaltet, Sie einzuladen, und kommen Sie dann wieder.
sso-not-ours = Es gibt ein Konto mit Ihrer E-Mail-Adresse, das nicht hierher gehört.
sso-not-ours-advice = Melden Sie sich mit Ihrem Passwort an. Wurden Sie in die Organisation eingeladen, öffnen Sie dann den Link in jener Mail.
sso-linked-to-another = Ihr Konto hier ist mit einem anderen Konto bei { $provider } verbunden.
sso-linked-to-another-advice = Bitten Sie, wer Ihre Organisation verwaltet, diese Verbindung auf der Seite für Single Sign-on zu lösen.
sso-may-not = Ihr Konto hier darf sich zurzeit nicht anmelden.
sso-may-not-advice = Fragen Sie, wer Ihre Organisation verwaltet.
sso-full = Ihre Organisation hat hier so viele Benutzer, wie sie haben darf.
sso-full-advice = Bitten Sie, wer Ihre Organisation verwaltet, Platz zu machen oder die Zahl erhöhen zu lassen.
sign-on = Single Sign-on
sign-on-lead = Leute melden sich über den Anbieter an, den Ihre Firma dafür hat, etwa Entra ID, Google Workspace oder Keycloak (OpenID Connect).
sign-on-for = Für
sign-on-staff = unsere eigenen Leute
sign-on-of = Für die Leute von { $organization }
sign-on-of-staff = Für unsere eigenen Leute: nur für die, die ein Konto oder eine Einladung haben
sign-on-issuer = Aussteller (Issuer)
sign-on-issuer-hint = Seine Adresse, Zeichen für Zeichen, wie der Anbieter sie nennt, mit Schrägstrich am Ende oder ohne. Darunter liegt bei /.well-known/openid-configuration die Beschreibung des Anbieters.
sign-on-issuer-change = Mit einem anderen Aussteller oder Client werden alle Verbindungen gelöst: Dort können es andere Leute sein.
sign-on-subject = Subjekt
sign-on-new = Ein weiterer Anbieter
sign-on-register = Melden Sie das Portal beim Anbieter als Web-Anwendung an, mit dieser Adresse für die Rückkehr:
sign-on-redirect = Adresse für die Rückkehr, für den Anbieter
sign-on-own-page = Seite, auf der Ihre Leute sich anmelden
sign-on-name = Name auf dem Knopf
sign-on-name-hint = Wie Ihre Leute ihn nennen, etwa Laborkonto.
sign-on-client = Client-ID
sign-on-secret = Client-Geheimnis
sign-on-secret-hint = Es wird hier verschlüsselt und nicht wieder gezeigt.
sign-on-secret-kept = Es gibt eines; lassen Sie das Feld leer, um es zu behalten.
sign-on-secret-none = Es gibt keines; lassen Sie das Feld leer, damit es so bleibt.
sign-on-secret-again = Mit einem anderen Aussteller muss das Client-Geheimnis neu eingegeben werden. Nichts wurde geändert.
sign-on-create = Einrichten
sign-on-active = in Gebrauch
sign-on-off = aus
sign-on-domains = E-Mail-Domains
sign-on-domains-hint = Wen der Anbieter mit einer geprüften Adresse dieser Domains kennt, wird bei der ersten Anmeldung mit seinem Konto verbunden. Der Hersteller genehmigt jede Domain; bis dahin zählt sie nicht.
sign-on-domain = Domain
sign-on-domain-new = Eine Domain hinzufügen
sign-on-domain-add = Hinzufügen
sign-on-domain-asked = wartet auf den Hersteller
sign-on-domain-approved = genehmigt
sign-on-domain-approve = Genehmigen
sign-on-domain-remove = Wegnehmen
sign-on-domain-unfit = Eine Domain schreibt man wie lab.example, ohne @ und in ASCII. Nichts wurde geändert.
sign-on-domain-taken = Für diese Domain spricht ein anderer Anbieter. Nehmen Sie sie zuerst dort weg. Nichts wurde geändert.
sign-on-change = Ändern
sign-on-members = Wer von ihm in diesen Domains bestätigt wird, bekommt ohne Einladung ein Konto als Mitglied, solange Platz für Benutzer ist
sign-on-only = Nur über Single Sign-on: Von Leuten mit einer Adresse dieser Domains und von Verbundenen werden keine Passwörter angenommen
sign-on-only-hint = Andere behalten ihre Passwörter. Fällt der Anbieter lange aus, kann der Hersteller das Häkchen entfernen; für dessen eigene Leute: countersign-portal admin sign-on allow-passwords.
sign-on-not-proven = Passwörter lassen sich ablehnen, sobald jemand mit diesem Aussteller und Client durchgekommen ist: Probieren Sie es zuerst aus.
sign-on-portal-factor = Auch nach dem zweiten Faktor des Portals fragen, bei denen, die ihn eingeschaltet haben. Sonst ist das Sache des Anbieters
sign-on-use = In Gebrauch
sign-on-try = Ausprobieren
sign-on-try-hint = Sie gehen zum Anbieter und zurück und sehen, was er über Sie sagt. Dadurch wird niemand angemeldet, verbunden oder angelegt.
sign-on-tried = Ausprobiert
sign-on-tried-lead = Niemand wurde angemeldet, verbunden oder angelegt.
sign-on-claims = Was { $provider } sagt
sign-on-second-factor = Zweiter Faktor (amr mit mfa)
sign-on-try-home = Der Anbieter schickt zu einem anderen Host dieses Portals zurück als diesem. Probieren Sie es dort aus; vielleicht müssen Sie sich dort erst anmelden:
sign-on-try-elsewhere = Es wurde nichts ausprobiert: Der Anbieter schickt zu einem anderen Host dieses Portals zurück. Öffnen Sie { $address } und probieren Sie es dort aus.
sign-on-verified = E-Mail-Adresse geprüft
sign-on-not-said = nicht gesagt
sign-on-yes = ja
sign-on-no = nein
sign-on-back = Zurück
sign-on-would-know = Es geht: Das ist { $user }, schon verbunden.
sign-on-would-link = Es geht: Das würde mit { $user } verbunden.
sign-on-would-create = Es geht: Für { $user } würde ein Konto angelegt.
sign-on-people = Wer verbunden ist
sign-on-people-none = Noch niemand.
sign-on-last = Letzte Anmeldung
sign-on-unlink = Verbindung lösen
sign-on-delete = Entfernen
sign-on-delete-hint = Alle Verbindungen werden gelöst. Konten bleiben; wer kein Passwort hat, lässt sich einen Link dafür schicken.
sign-on-too-many = Es gibt schon so viele, wie es geben darf. Nichts wurde geändert.
sign-on-name-needed = Es braucht einen Namen. Nichts wurde geändert.
sign-on-issuer-unfit = Der Aussteller ist eine Adresse, die mit https:// beginnt, ohne ? und #. Nichts wurde geändert.
sign-on-client-unfit = Die Client-ID fehlt, oder sie oder das Geheimnis ist zu lang. Nichts wurde geändert.
activity-login-sso = { $subject } hat sich über { $detail } angemeldet.
activity-user-link-identity = { $subject } wurde für Single Sign-on mit { $detail } verbunden.
activity-user-unlink-identity = Die Verbindung von { $subject } mit { $detail } für Single Sign-on wurde gelöst.
activity-sign-on-create = Single Sign-on wurde eingerichtet: { $detail }
activity-sign-on-change = Single Sign-on wurde geändert: { $detail }
activity-sign-on-delete = Single Sign-on wurde entfernt: { $detail }
activity-sign-on-passwords = Neben Single Sign-on werden wieder Passwörter angenommen.
activity-sign-on-ask-domain = Die Domain { $detail } wurde für Single Sign-on genannt.
activity-sign-on-approve-domain = Die Domain { $detail } wurde für Single Sign-on genehmigt.
activity-sign-on-remove-domain = Die Domain { $detail } wurde dem Single Sign-on weggenommen.
mail-provider-linked-subject = Ihr Konto bei { $vendor } ist mit Ihrem Firmenkonto verbunden
mail-provider-linked-body =
    Von jetzt an kann der Anbieter Ihrer Firma Sie bei { $vendor } anmelden.

    Waren Sie das, ist nichts zu tun. Wenn nicht, sagen Sie es dem, der Ihre Organisation verwaltet, und setzen Sie sofort ein neues Passwort:

    { $link }

## Overview and finding
kind-activation-response = Antwort auf eine Aktivierungsanfrage
kind-trial-response = Antwort auf eine Testanfrage
kind-deactivation-response = Quittung einer Deaktivierung
kind-time-reset = Zeitkorrektur
finding-label = Alles finden
finding-hint = Lizenzschlüssel oder seine letzte Gruppe, E-Mail-Adresse, Rechner, Inhaber, Organisation oder eine Kennung: einer Lizenz, Aktivierung, Anfrage, eines Tests oder ein Geräteschlüssel. Auch eine eingefügte Anfrage geht.
finding-drop = Oder eine Anfragedatei hierher ziehen
finding-drop-hint = Auch ein Zip mit mehreren oder ein Bild eines QR-Codes. Nichts wird beantwortet, bevor Sie es sagen.
finding-as-key = Verstanden als ganzer Lizenzschlüssel.
finding-as-mistyped-key = Verstanden als Lizenzschlüssel mit einem Tippfehler: gesucht wurde Wort für Wort.
finding-as-key-end = Verstanden als letzte Gruppe eines Lizenzschlüssels.
finding-as-id = Verstanden als Kennung: einer Lizenz, Aktivierung, Anfrage, eines Tests, einer Person oder Organisation.
finding-as-hash = Verstanden als Geräteschlüssel oder als Hash einer Anfrage.
finding-as-email = Verstanden als E-Mail-Adresse oder ihr Anfang.
finding-as-words = Verstanden als Wörter: eines Inhabers, Plans oder Produkts, oder als Anfang des Namens eines Rechners, einer Person oder Organisation.
finding-nothing = Es wurde nichts gefunden.
finding-nothing-advice = Suchen Sie nach weniger: der Anfang eines Wortes oder Namens genügt. Wenn Sie die Anfragedatei des Kunden haben, ziehen Sie sie oben hinein: sie nennt ihre Lizenz.
finding-people = Personen und Organisationen
finding-more-people = Es gibt mehr: tippen Sie mehr vom Namen.
finding-more-licenses = Es gibt mehr Lizenzen: alle zeigen
finding-trials = Tests
finding-machines-by-name = Rechner dieses Namens
finding-machines-of-licenses = Rechner dieser Lizenzen
case-title = Eine Anfrage
case-effect = Wenn Sie sie beantworten
case-answered-title = Schon beantwortet
case-answered = Sie wurde am { $when } beantwortet. Dies ist dieselbe Antwort noch einmal; nichts weiter wird verbraucht.
case-machine-holds = Hier bekannt, mit einem Platz:
case-machine-ended = Hier bekannt, jetzt ohne Platz:
case-machine-new = Dieser Rechner ist hier noch nicht bekannt.
case-trial-had = Dieser Rechner hatte seinen Test ab { $from }
case-response-title = Eine Antwort und keine Anfrage
case-response = Diese Datei ist eine unserer Antworten ({ $kind }). Sie gehört auf den Rechner; zu beantworten ist darin nichts.
case-response-machine = Sie wurde für diesen Rechner gemacht:
case-readable = Was davon noch zu lesen ist
case-readable-hint = Diese Zeilen hat niemand unterschrieben: sie helfen, den Rechner zu finden, und beweisen nichts.
case-choose-license = Für welche Lizenz? Ihr Schlüssel oder ihre Kennung
case-request-id = Anfrage
case-request-hash = Hash der Anfrage
case-device-key = Geräteschlüssel
case-another = Etwas anderes suchen
ways-then = Ziehen Sie die Datei danach noch einmal hierher: sie wird neu gelesen.
ways-of-admins = Was im Weg steht, können die Administratoren des Herstellers ändern.
case-may-not-answer = Das kann, wer Anfragen beantworten darf.
way-raise-limit = Die Grenze der Lizenz erhöhen
way-release-seat = Den Platz eines verlorenen Rechners freigeben
way-reinstate = Die Lizenz wieder gelten lassen
way-extend = Die Lizenz verlängern
way-license = Die Lizenz ansehen
way-machine = Den Rechner ansehen
way-trial = Den Test ansehen oder verlängern
way-product = Was das Produkt erlaubt
way-products = Produkte
way-journals = Was Support-Stellen übertragen haben
way-keys = Schlüssel
way-settings = Einstellungen
picture-unread-title = Ein Bild, das nicht gelesen wird
picture-unread-advice = Machen Sie das Bild noch einmal, kleiner und nur vom Code, oder bitten Sie um die Datei.
picture-no-code-title = Kein Code im Bild
picture-no-code = Im Bild ist kein QR-Code, der zu erkennen wäre.
picture-no-code-advice = Machen Sie es noch einmal: gerade von vorn, scharf, mit weißem Rand um den Code. Oder bitten Sie um die Datei.
by-door-staff = das Personal des Herstellers
date-short = { $day }. { $month-name }
overview-caption = Was geschah, mit derselben Zeit davor. Tage sind die der UTC; heute ist noch nicht vorbei.
overview-activations = Aktivierungen
overview-deactivations = Zurückgegebene Plätze
overview-trials = Begonnene Tests
overview-converted = davon später lizenziert
overview-licenses = Angelegte Lizenzen
overview-refused = Abgelehnte Anfragen
overview-ending = Endende Lizenzen
overview-today = Heute
overview-week = 7 Tage
overview-month = 30 Tage
overview-yesterday = gestern { $count }
overview-before = davor { $count }
overview-span = Über wie viele Tage
overview-days = { $days } Tage
overview-uncounted = { $count } Einträge des Protokolls sind noch zu zählen. Das geht im Hintergrund weiter; bis dahin sind die Zahlen zu niedrig.
first-steps = Erste Schritte
first-steps-lead = Von hier bis zum ersten Rechner, der mit einer Lizenz von Ihnen läuft. Jeder Schritt hat seine Seite.
first-step-keys = Den Wurzelschlüssel von dem Rechner wegbringen, auf dem das Portal läuft
first-step-product = Ein Produkt anlegen
first-step-customer = Einen Kunden einladen
first-step-license = Eine Lizenz für ihn anlegen
first-step-hand-over = Die Lizenz übergeben und den ersten Rechner aktivieren
first-step-done = erledigt
product-made = Das Produkt ist da. Als Nächstes kommt, wem Sie es geben; alles auf dieser Seite lässt sich später ändern, bis auf die Id.
hand-over = Übergeben
hand-over-lead = Noch nutzt kein Rechner diese Lizenz. Es ist ein Weg hin und zurück:
hand-over-request = Auf dem Rechner schreibt Ihre Anwendung eine Anfragedatei. Zum Ausprobieren ohne Anwendung:
hand-over-theirs = { $whose } meldet sich auf { $address } an, öffnet die Lizenz und legt die Datei dort ab.
hand-over-key = Wer den Lizenzschlüssel hat, kann das auf { $address }/activate auch ohne Konto.
hand-over-response = Die Antwortdatei kommt zurück auf den Rechner, und Ihre Anwendung installiert sie. Zum Ausprobieren:
customers-none-yet = Es gibt noch keinen Kunden. Laden Sie hier den ersten ein.
customers-none-there = Zu { $organization } gehört noch niemand. Laden Sie hier die erste Person ein.
create-user-link = Anlegen und einen Link übergeben
organization-hint = Tippen Sie sie ein, oder lassen Sie das Feld leer, wenn jemand für sich allein steht.
invited-title = Eingeladen
invited-days = Die Einladung ist unterwegs ins Postfach. Ihr Link gilt einmal, { $days } Tage lang.
invited-outbox = Es ist kein Mailserver eingestellt: Die E-Mail mit dem Link liegt in { $folder }, und niemand bekommt sie. Übergeben Sie den Link selbst; er gilt einmal, { $days } Tage lang.
invited-no-server = Es ist kein Mailserver eingestellt: Die Einladung bekommt niemand, bis der Betreiber des Portals ihren Link übergibt. Er gilt einmal, { $days } Tage lang.
invited-next = Eine Lizenz kann der Person schon gehören, bevor sie kommt: Sie findet sie dann vor.
invite-again = Einladung noch einmal senden
invite-not-open = Das ist keine Einladung, die wartet: Die Person ist schon da, oder sie bekam einen Link für ihr Passwort.
new-license-theirs = Neue Lizenz für sie
suggestions-cut = Vorgeschlagen werden die ersten { $count }. Jede andere Angabe lässt sich ganz eintippen.
overview-full = Ohne freien Platz
overview-full-hint = Von den 500 Lizenzen mit den meisten Rechnern die für mehrere, deren Plätze alle vergeben sind.
chart-empty = Es gibt noch nichts zu zeigen.
chart-table = Die Zahlen
chart-file = Als Tabelle herunterladen (CSV)
chart-day = Tag (UTC)
chart-week = Woche ab (UTC)
chart-reason = Grund
chart-activity = Aktivierungen und zurückgegebene Plätze
chart-activity-text = Nach Tagen, über { $days } Tage: Rechner, die einen weiteren Platz bekamen, auch die von Support-Stellen beantworteten, und Plätze, die zurückgegeben oder freigegeben wurden.
chart-trials = Tests und Lizenzen danach
chart-trials-text = Nach dem Tag, an dem der Test begann, über { $days } Tage. Später lizenziert: derselbe Rechner, erkannt an seinem Geräteschlüssel oder seinen Bestandteilen, bekam eine Lizenz des Produkts. Junge Tests hatten dafür weniger Zeit.
chart-ending = Endende Lizenzen
chart-ending-text = In jeder der nächsten { $weeks } Wochen, ohne die gesperrten und widerrufenen.
chart-refused = Abgelehnte Anfragen nach Grund
chart-refused-text = In 30 Tagen und in den letzten 7 davon. Eine Anfrage, die noch einmal versucht wird, ist eine. Im Speicher gezählt: ein Stromausfall verliert einige Sekunden.
refused-damaged-file = Eine beschädigte Datei
refused-wrong-type = Eine Datei anderer Art
refused-unavailable = Das Portal konnte nicht antworten
activity-journal-open = Das Journal einer Support-Stelle wurde zum ersten Mal übertragen.
activity-journal-push = Das Journal einer Support-Stelle wurde übertragen: { $detail }
activity-journal-forked = Das Journal einer Support-Stelle hat zwei Einträge mit einer Nummer.
activity-journal-take-back = Das Journal einer Support-Stelle wurde zurückgenommen.
activity-keys-new = Ein neuer Schlüssel wurde gemacht.
activity-keys-passphrase = Der Schlüssel bekam eine andere Passphrase.
activity-keys-take = Die Schlüssel im Ordner wurden in Gebrauch genommen. { $detail }
activity-keys-delegation = Eine andere Delegation ist in Gebrauch: { $detail }
activity-keys-revocations = Eine neuere Widerrufsliste ist in Gebrauch. { $detail }
activity-keys-rotation = Eine andere Wurzel ist in Gebrauch. { $detail }
activity-keys-warning = Es wurde gesagt, dass der Signaturschlüssel endet. { $detail }
activity-picture-draft = Ein Bild wurde hochgeladen: { $subject }
activity-picture-use = Ein Bild ist in Gebrauch: { $subject }
activity-picture-discard = Ein Bild wurde verworfen: { $subject }
activity-picture-remove = Ein Bild wurde entfernt: { $subject }
activity-token-create = Ein API-Token wurde gemacht. { $detail }
activity-token-revoke = Ein API-Token wurde zurückgezogen.
## Plans, and licenses created, imported and changed by the vendor
activity-plan-create = Der Tarif { $detail } wurde angelegt.
activity-plan-change = Der Tarif { $detail } wurde geändert.
activity-plan-archive = Der Tarif { $detail } wurde archiviert.
approval-count = Lizenzen
plans = Tarife
plans-lead = Ein Tarif ist eine Vorlage: Eine Lizenz, die nach ihm angelegt wird, übernimmt seine Werte und darf andere haben. Wer einen Tarif ändert, ändert damit keine Lizenz.
plans-none = Es gibt noch keinen Tarif.
plan-new = Neuer Tarif
plan-create = Tarif anlegen
plan-licenses = Seine Lizenzen
plan-maintenance = Tage Wartung ab dem Anlegen (leer: so lange wie die Lizenz)
plan-archived-hint = Archiviert: Nach ihm wird nichts Neues angelegt
plan-save-hint = Lizenzen, die nach ihm angelegt wurden, bleiben, wie sie sind.
plan-name-needed = Ein Tarif hat einen Namen.
plan-name-taken = Das Produkt hat schon einen Tarif dieses Namens.
plan-too-many = Es gibt so viele Tarife, wie es geben darf.
plan-unknown = Für dieses Produkt gibt es keinen solchen Tarif.
plan-archived = Der Tarif ist archiviert: Nach ihm wird nichts Neues angelegt.
plan-changed = Der Tarif wurde inzwischen geändert. Sehen Sie ihn noch einmal an.
license-without-plan = Die Lizenz hat keinen Tarif: nennen Sie einen.
plan-same = Alle Werte sind die des Tarifs.
plan-value = Wert
plan-value-here = Diese Lizenz
plan-value-plan = Der Tarif
plan-value-name = Name des Tarifs
plan-value-activations = Aktivierungen zugleich
plan-value-deactivations = Deaktivierungen
plan-value-import-days = Tage, in denen eine Antwort installiert werden muss
plan-value-strategy = Wie Rechner gebunden werden
plan-value-features = Funktionen
plan-value-metadata = Metadaten
plan-value-maintenance = Wartung
plan-value-highest-version = Höchste Version
plan-take = Werte des Tarifs übernehmen
plan-give = Einen Tarif geben
plan-take-title = Werte des Tarifs übernehmen?
plan-take-fact = Die Lizenz übernimmt die Werte des Tarifs { $plan }. Rechner bekommen sie mit ihrer nächsten Antwort.
plan-take-value = { $name }: aus { $here } wird { $plan }
plan-take-validity = Ihre Gültigkeit bleibt, wie sie ist.
plan-apply = Werte für alle Lizenzen des Tarifs übernehmen
plan-apply-hint = Wählen Sie, welche Werte alle Lizenzen des Tarifs übernehmen sollen. Lizenzen, die davon abweichende Werte bekommen hatten, verlieren sie. Sie sehen zuerst, wie viele sich ändern; ihre Gültigkeit bleibt, wie sie ist.
plan-apply-preview = Zeigen, was sich änderte
plan-apply-values = Wählen Sie mindestens einen Wert.
plan-apply-would = { $count ->
    [one] Eine Lizenz änderte sich.
   *[other] { $count } Lizenzen änderten sich.
}
plan-apply-looked = { $count ->
    [one] Der Tarif hat eine Lizenz.
   *[other] Der Tarif hat { $count } Lizenzen.
}
plan-apply-did = { $count ->
    [one] Eine Lizenz wurde geändert.
   *[other] { $count } Lizenzen wurden geändert.
}
plan-apply-below = { $count ->
    [one] Eine Lizenz nutzt mehr, als der Tarif erlaubt: Sie bleibt, wie sie ist.
   *[other] { $count } Lizenzen nutzen mehr, als der Tarif erlaubt: Sie bleiben, wie sie sind.
}
plan-apply-room = { $count ->
    [one] Eine Lizenz sagte mehr, als in eine Antwort passt: Sie bleibt, wie sie ist.
   *[other] { $count } Lizenzen sagten mehr, als in eine Antwort passt: Sie bleiben, wie sie sind.
}
plan-apply-stale = { $count ->
    [one] Eine Lizenz wurde in diesem Augenblick von jemand anderem geändert: Tun Sie es noch einmal.
   *[other] { $count } Lizenzen wurden in diesem Augenblick von jemand anderem geändert: Tun Sie es noch einmal.
}
plan-apply-go-on = Mit den nächsten Lizenzen weitermachen
plan-apply-all = Alle Lizenzen des Tarifs wurden angesehen.
do-it = Ausführen
do-not = So lassen
license-by-plan = Mit einem Tarif beginnen
license-by-plan-hint = Die Werte unten sind die des Tarifs { $plan }. Was Sie hier ändern, gilt für diese Lizenzen allein.
plan-fill-in = Ausfüllen
owner-address = Besitzer (E-Mail-Adresse)
create-how-many = Wie viele davon (1 bis { $most })
create-count = Auf einmal werden 1 bis { $most } Lizenzen angelegt.
licenses-none-yet = Es gibt noch keine Lizenz.
licenses-made = Lizenzen wurden angelegt
licenses-made-count = { $count ->
    [one] Eine Lizenz wurde angelegt.
   *[other] { $count } Lizenzen wurden angelegt, alle.
}
licenses-made-file = Schlüssel als Tabelle (CSV)
licenses-made-more = Die Tabelle hat alle { $count } Schlüssel. Diese Seite bleibt eine Stunde; jeder Schlüssel steht auch auf der Seite seiner Lizenz.
license-key-taken = Es gibt schon eine Lizenz mit diesem Schlüssel.
organization-ambiguous = Mehrere Organisationen heißen { $name }. Nennen Sie statt des Namens die ID.
organization-not-one = Es gibt keine Organisation { $name }, oder mehrere dieses Namens.
organization-users = Benutzer
organizations-all = Alle Organisationen
organizations-search-hint = Anfang des Namens
organizations-none-found = Es gibt keine solche Organisation.
customers-search-hint = Name, E-Mail-Adresse oder Organisation
customers-none-found = Niemand wurde gefunden.
license-edit = Bearbeiten
license-actions = Ändern
extend = Verlängern
extend-until = oder bis zum Tag
extend-title = Die Lizenz verlängern?
extend-fact = Sie endet am { $after } statt am { $before }.
extend-machines = Aktivierte Rechner brauchen eine frische Antwort, um länger zu laufen.
extend-not-later = Das ist kein späteres Ende, als die Lizenz hat.
extend-one-of = Nennen Sie entweder eine Zahl von Tagen oder einen Tag.
limits-change = Grenzen ändern
limits-title = Die Grenzen ändern?
limits-activations = Aktivierungen zugleich: aus { $before } wird { $after }
limits-deactivations = Deaktivierungen: aus { $before } wird { $after }
limits-below-machines = { $count ->
    [one] { $live } Rechner haben einen Platz: Einer von ihnen muss ihn zuerst zurückgeben.
   *[other] { $live } Rechner haben einen Platz: { $count } von ihnen müssen ihn zuerst zurückgeben.
}
limits-below-deactivations = { $count ->
    [one] Es gab eine Deaktivierung: Die Grenze kann nicht niedriger sein.
   *[other] Es gab { $count } Deaktivierungen: Die Grenze kann nicht niedriger sein.
}
suspend = Aussetzen
reinstate = Wieder einsetzen
revoke = Widerrufen
status-title-active = Die Lizenz wieder einsetzen?
status-title-suspended = Die Lizenz aussetzen?
status-title-revoked = Die Lizenz widerrufen?
status-fact-active = Die Lizenz zählt wieder: Rechner können aktiviert und erneuert werden.
status-fact-suspended = Bis sie wieder eingesetzt wird, wird kein Rechner mit ihr aktiviert oder erneuert, und ihre Versionen können nicht geladen werden.
status-fact-revoked = Die Lizenz wird zurückgezogen: Kein Rechner wird mit ihr mehr aktiviert oder erneuert, und ihre Versionen können nicht geladen werden.
status-offline-suspended = { $count ->
    [0] Kein Rechner hat einen Platz.
    [one] Ein Rechner hat einen Platz. Er sieht kein Netz und erfährt davon nichts: Er läuft weiter, bis endet, was er installiert hat.
   *[other] { $count } Rechner haben einen Platz. Sie sehen kein Netz und erfahren davon nichts: Sie laufen weiter, bis endet, was sie installiert haben.
}
status-offline-revoked = { $count ->
    [0] Kein Rechner hat einen Platz.
    [one] Ein Rechner hat einen Platz. Er sieht kein Netz und erfährt davon nichts: Er läuft weiter, bis endet, was er installiert hat, bei einer unbefristeten Lizenz also immer.
   *[other] { $count } Rechner haben einen Platz. Sie sehen kein Netz und erfahren davon nichts: Sie laufen weiter, bis endet, was sie installiert haben, bei einer unbefristeten Lizenz also immer.
}
transfer = Übertragen
transfer-title = Die Lizenz übertragen?
transfer-nobody = niemand
transfer-same = Besitzer und Organisation sind schon dieselben.
transfer-owner = Besitzer: aus { $from } wird { $to }
transfer-mail = Beide bekommen darüber eine Mail.
transfer-organization = Organisation: aus { $from } wird { $to }
transfer-groups = { $count ->
    [0] Gruppen der bisherigen Organisation verlieren den Zugang zu ihr.
    [one] Gruppen der bisherigen Organisation verlieren den Zugang zu ihr. Der Rechner, der einen Platz hat, behält ihn, und er zählt für die Gruppe, durch die er genommen wurde, bis er zurückgegeben wird.
   *[other] Gruppen der bisherigen Organisation verlieren den Zugang zu ihr. Die { $count } Rechner, die Plätze haben, behalten sie, und sie zählen für die Gruppen, durch die sie genommen wurden, bis sie zurückgegeben werden.
}
transfer-seen = Sie wird von ihrem Besitzer und von den Gruppen und Verwaltern von { $name } gesehen, und von sonst niemandem.
transfer-seen-by-owner = Sie wird von ihrem Besitzer allein gesehen.
transfer-outside = Der neue Besitzer ist nicht in dieser Organisation und wird die Lizenz nicht sehen.
license-import = Lizenzen aus einer Tabelle einlesen
license-import-lead = Die Tabelle wird zuerst geprüft: Sie sehen jede Zeile, die nicht stimmt, und was angelegt würde. Solange eine Zeile nicht stimmt, wird nichts eingelesen.
license-import-file = Tabelle (CSV in UTF-8)
license-import-most = Höchstens { $kilobytes } KiB.
license-import-rows = Höchstens { $count } Zeilen und Lizenzen; größere Tabellen liest die Kommandozeile ein.
license-import-check = Tabelle prüfen
license-import-template = Vorlage
license-import-columns = Spalten
table-column = Spalte
table-column-means = Was dort steht
table-means-product = ID des Produkts. Muss da sein.
table-means-plan = Name eines Tarifs des Produkts. Leere Zellen übernehmen seine Werte.
table-means-holder = Wer sie hat, in Worten.
table-means-owner_email = E-Mail-Adresse des Besitzers. Wer noch kein Konto hat, wird als eingeladen angelegt, in der Organisation der Zeile.
table-means-organization = Name oder ID der Organisation, der sie gehört.
table-means-activations = Aktivierungen zugleich: eine Zahl oder „any“ für beliebig viele. Ohne Tarif nötig.
table-means-deactivations = Deaktivierungen: eine Zahl oder „any“ für beliebig viele.
table-means-validity = „perpetual“, „365 days“ oder „365 days from first activation“. Ohne Tarif nötig, außer sie hat ein Ende.
table-means-expires_at = Der letzte Tag, wie 2030-12-31 (UTC).
table-means-features = Funktionen, getrennt durch | oder Zeilenwechsel: Name, Name=7 oder Name=Wort.
table-means-metadata = Metadaten, getrennt durch | oder Zeilenwechsel: Name=Wert für die App, oder Name=Wert [user, organization].
table-means-maintenance_until = Der letzte Tag der Wartung, wie 2030-12-31 (UTC).
table-means-highest_version = Die höchste Version, wie 2.4.1 oder 2.x.
table-means-key = Ihr Schlüssel, wenn sie schon einen in unserer Form hat. Sonst wird einer gemacht.
table-means-count = Wie viele solche Lizenzen, 1 bis 1000. Leer: eine.
table-checked = Die Tabelle wurde geprüft
table-good = Alles stimmt. Noch wurde nichts eingelesen. Angelegt würden:
table-rows = { $count ->
    [one] eine Zeile
   *[other] { $count } Zeilen
}
table-licenses = { $count ->
    [one] eine Lizenz
   *[other] { $count } Lizenzen
}
table-users = { $count ->
    [0] kein Benutzer: Alle Besitzer sind da
    [one] ein Benutzer, als eingeladen
   *[other] { $count } Benutzer, als eingeladen
}
table-import = { $count ->
    [one] Eine Lizenz einlesen
   *[other] { $count } Lizenzen einlesen
}
table-would-make = Die ersten Lizenzen
table-more-licenses = { $count ->
    [one] und eine weitere
   *[other] und { $count } weitere
}
table-bad = { $count ->
    [one] Eines stimmt nicht. Nichts wurde eingelesen: Bringen Sie es in Ordnung und prüfen Sie die Tabelle noch einmal.
   *[other] { $count } Dinge stimmen nicht. Nichts wurde eingelesen: Bringen Sie sie in Ordnung und prüfen Sie die Tabelle noch einmal.
}
table-line = Zeile
table-what = Was nicht stimmt
table-more-faults = { $count ->
    [one] und eines mehr
   *[other] und { $count } mehr
}
table-again = Eine andere Tabelle prüfen
table-no-file = Wählen Sie eine Datei.
table-too-large = Die Tabelle ist größer als { $most } KiB.
table-has-faults = Mit dieser Tabelle stimmt etwas nicht: Sie wird nicht eingelesen.
table-changed = Seit die Tabelle geprüft wurde, hat sich etwas geändert. Zeile { $line }: { $why } Nichts wurde eingelesen: Prüfen Sie die Tabelle noch einmal.
table-utf16 = Das ist ein Text in UTF-16. Speichern Sie die Tabelle als „CSV UTF-8“.
table-nul = Es ist ein Nullbyte darin: Das ist keine Tabelle aus Text.
table-no-utf8 = Das ist kein Text in UTF-8. Speichern Sie die Tabelle als „CSV UTF-8“.
table-empty = Es ist keine Zeile darin.
table-csv-or-lines = Senden Sie die Tabelle entweder als csv oder als lines.
table-too-many-cells = Eine Zeile hat mehr als { $most } Zellen. Was danach kommt, wurde nicht angesehen.
table-row-too-long = Eine Zeile hat mehr als { $most } KiB. Wahrscheinlich wurde ein Anführungszeichen nicht geschlossen. Was danach kommt, wurde nicht angesehen.
table-too-many-rows = Es sind mehr als { $most } Zeilen. Was danach kommt, wurde nicht angesehen.
table-too-many-licenses = Das sind mehr als { $most } Lizenzen. Was danach kommt, wurde nicht angesehen.
table-column-twice = Die Spalte ist zweimal da.
table-column-unknown = Es gibt keine Spalte { $name }. Bekannt sind: { $known }.
table-column-needed = Die Spalte muss da sein.
table-cells = Die Zeile hat { $count } Zellen, und die erste Zeile nennt { $columns } Spalten.
table-cell-needed = Hier muss etwas stehen.
table-plan-unknown = Das Produkt { $product } hat keinen solchen Tarif. Legen Sie ihn an, oder lassen Sie die Zelle leer.
table-activations-needed = Sagen Sie ohne Tarif, wie viele: eine Zahl, oder „any“.
table-validity-needed = Sagen Sie ohne Tarif „perpetual“, eine Zahl von Tagen, oder ein Ende in expires_at.
table-validity-unfit = Das ist weder „perpetual“ noch „365 days“ noch „365 days from first activation“.
table-two-ends = Nennen Sie entweder eine Gültigkeit oder ein Ende.
table-ended = Dieser Tag ist vorbei.
table-number = { $text } ist keine ganze Zahl von { $least } bis { $most }.
table-owner-outside = Diese Person ist nicht in der Organisation { $name } und sähe die Lizenz nicht.
table-owner-locked = Diese Person darf sich nicht anmelden.
table-organization-full = Die Organisation hat keinen Platz für einen weiteren Benutzer.
table-key-unfit = Das ist kein Lizenzschlüssel in unserer Form.
table-key-and-count = Ein Schlüssel ist für eine Lizenz.
table-key-twice = Eine andere Zeile der Tabelle hat diesen Schlüssel.
table-second-person = Eine Lizenz ohne Ende, oder mit einem fernen, braucht einen zweiten Administrator: Legen Sie sie auf ihrer eigenen Seite an.
mail-license-given-subject = Eine Lizenz von { $vendor } gehört jetzt Ihnen
mail-license-given-body =
    Eine Lizenz gehört jetzt Ihnen. Sie finden sie hier:

    { $link }
mail-license-taken-subject = Eine Lizenz von { $vendor } hat jetzt einen anderen Besitzer
mail-license-taken-body =
    Eine Lizenz, die Ihnen gehörte, gehört jetzt jemand anderem. Aktivierte Rechner bleiben aktiviert. Was noch Ihnen gehört, finden Sie hier:

    { $link }

    Wenn Sie damit nicht gerechnet haben, fragen Sie { $vendor }.
kept-gone = Geprüfte Tabellen und gerade gemachte Schlüssel bleiben eine Stunde, für wen sie sind, und nicht, wenn das Portal seither neu gestartet wurde.
kept-gone-advice = Was eingelesen oder angelegt wurde, ist da: Sehen Sie in der Liste der Lizenzen nach. Eine Tabelle, die noch nicht eingelesen wurde, muss noch einmal geprüft werden.
