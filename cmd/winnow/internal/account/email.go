package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// SetEmail sets where e-mails about an account's jobs go that name nobody; empty: where the settings say.
func (s *Store) SetEmail(ctx context.Context, account, address string) error {
	if err := checkName(account); err != nil {
		return err
	}
	query, args := `DELETE FROM account_emails WHERE account = ?`, []any{account}
	if address != "" {
		if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
			return fault.New(fault.KeyInvalid, "%q is no e-mail address", address).WithFix("write it as name@example.com")
		}
		query = `INSERT INTO account_emails (account, email) VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET email = excluded.email`
		args = append(args, address)
	}
	if _, err := s.db.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("store an e-mail address: %w", err)
	}
	return nil
}

// Email is where e-mails about an account's jobs go that name nobody; empty: nobody has set it.
func (s *Store) Email(ctx context.Context, account string) (address string, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT email FROM account_emails WHERE account = ?`, account).Scan(&address)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read an e-mail address: %w", err)
	}
	return address, nil
}
