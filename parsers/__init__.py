"""Customs text and mail bytes in, facts out.

The public names, to be imported from their modules:

- `errors`: Problem
- `subject`: parse_subject, write_subject, find_part_marker, find_body_marker, nearest_codes, SubjectLine, SubjectRules,
  DEFAULT_RULES, REPAIRS; `subject_types`: subject_table, read_code
- `entry_number`: EntryNumber, EntryReading, check_digit, read_entry_number, find_entry_spans
- `importer_number`: ImporterNumber
- `port`: Port, port_table, find_port, nearest_ports
- `dates`: read_date, read_hop, ReadDate, Hop
- `mail`: read_mail, Mail, MailLimits, MailRefused, Address, Partial, MachineMark, out_of_office_mark,
  AuthenticationResults, DkimSignature, Verdict, trusted_verdict
- `documents`: cut, cut_closed, Cut, CutLimits, Document, Leaf, AMBIGUOUS_DEFECTS, MailRefused
- `probes`: probe, probed, Probe
- `papers`: read_paper, Paper; `pdf`: read_pdf, count_pages, PdfText, PdfLimits, PdfRefusedError
- `forms`: find_forms, find_mentions, Form, FoundForms, NamedEntry; `form_labels`: forms_on, certificates_on, FORMS,
  CERTIFICATES
"""
